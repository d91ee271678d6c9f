import { defineModule, defineQuestion, instanceName, type Module } from '@ganglion/kernel';
import fc from 'fast-check';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { loadModules } from './modules.ts';
import { escaped, permissionsOf, type Role, rolesOf, topicPermissionsOf, userOf } from './roles.ts';

const modules: readonly Module[] = await loadModules(['./examples/hello-module/mood.ts']);

function role(name: string, machine = 'db-01.example.com'): Role {
  const found = rolesOf(modules, [machine]).find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no role ${name}`);
  return found;
}

/** What the broker would say: it takes names and expressions as bytes, and `\z` is the very end. */
function allows(expression: string, name: string): boolean {
  const bytes = (text: string) => Buffer.from(text).toString('latin1');
  return new RegExp(bytes(expression.replaceAll('\\z', '(?![^])')), 's').test(bytes(name));
}

function mayPublish(of: Role, key: string): boolean {
  return allows(topicPermissionsOf(of).write, key);
}

test('every module has a role, a tracker one for each machine, and there are some without a module', () => {
  expect(rolesOf(modules, ['a', 'b']).map((each) => userOf(each, 'ganglion'))).toEqual([
    'ganglion-tracker-a',
    'ganglion-tracker-b',
    'ganglion-analyzer',
    'ganglion-presence',
    'ganglion-notifier',
    'ganglion-recorder',
    'ganglion-exporter',
    'ganglion-importer',
    'ganglion-web',
    'ganglion-mood',
    'ganglion-operator',
    'ganglion-tap',
    'ganglion-admin',
  ]);
});

test('a tracker has no queue, may declare nothing and publishes to the exchange alone', () => {
  expect(permissionsOf(role('tracker'), 'my.exchange')).toEqual({
    configure: '^$',
    write: '^my\\.exchange\\z',
    read: '^$',
  });
});

test('a listener has its own queues and no others', () => {
  const { configure, write, read } = permissionsOf(role('analyzer'), 'ganglion');
  for (const expression of [configure, write, read]) {
    expect(allows(expression, 'ganglion.analyzer.measure')).toBe(true);
    expect(allows(expression, 'ganglion.web.analysis.web-7f3a@db-01.12345678')).toBe(false);
    expect(allows(expression, 'ganglionxanalyzer.measure')).toBe(false);
    expect(allows(expression, 'amq.rabbitmq.event')).toBe(false);
  }
  expect(allows(configure, 'ganglion')).toBe(false);
  expect(allows(write, 'ganglion') && allows(read, 'ganglion')).toBe(true);
  expect(allows(permissionsOf(role('presence'), 'ganglion').read, 'amq.rabbitmq.event')).toBe(true);
});

test('a tap reads what modules refused, and none of their queues at work; a module has no dead letters but its own', () => {
  const { configure, write, read } = permissionsOf(role('tap'), 'my.exchange');
  expect(allows(read, 'my.exchange.analyzer.measure.dead')).toBe(true);
  for (const name of [
    'analyzer.measure',
    'analyzer.dead',
    'a.b.c.dead',
    'analyzer.measure.dead.x',
    'analyzer.m.dead\n',
  ]) {
    expect(allows(read, `my.exchange.${name}`)).toBe(false);
  }
  expect(allows(configure, 'my.exchange.analyzer.measure.dead')).toBe(false);
  expect(allows(write, 'my.exchange.analyzer.measure.dead')).toBe(false);
  const analyzer = permissionsOf(role('analyzer'), 'my.exchange');
  for (const expression of Object.values(analyzer)) {
    expect(allows(expression, 'my.exchange.analyzer.measure.dead')).toBe(true);
    expect(allows(expression, 'my.exchange.web.analysis.dead')).toBe(false);
  }
});

test('a tracker speaks for its machine and for no other', () => {
  const tracker = role('tracker', 'db-01');
  expect(mayPublish(tracker, 'db-01.measure')).toBe(true);
  expect(mayPublish(tracker, 'tracker-7f3a@db-01.pulse')).toBe(true);
  for (const key of [
    'db-02.measure',
    'db-01.measure\n',
    'x.db-01.measure',
    'db-01.analysis',
    'analyzer-7f3a@db-01.pulse',
    'tracker-7f3a@db-02.pulse',
    'db-01',
    '',
  ]) {
    expect(mayPublish(tracker, key)).toBe(false);
  }
});

test('whatever a machine is called, its tracker may speak for it alone', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(name, name, (machine, other) => {
      const tracker = role('tracker', machine);
      expect(mayPublish(tracker, `${machine}.measure`)).toBe(true);
      expect(mayPublish(tracker, `${instanceName('tracker', machine)}.pulse`)).toBe(true);
      expect(mayPublish(tracker, `${other}.measure`)).toBe(machine === other);
    }),
  );
});

test('a variable that the broker would fill in stands for itself', () => {
  expect(escaped('{username}')).toBe('\\{username\\}');
});

test('a module publishes its families and its own pulse', () => {
  const analyzer = role('analyzer');
  expect(mayPublish(analyzer, 'db-01.example.com.analysis')).toBe(true);
  expect(mayPublish(analyzer, `${instanceName('analyzer')}.pulse`)).toBe(true);
  expect(mayPublish(analyzer, 'db-01.measure')).toBe(false);
  expect(mayPublish(analyzer, 'tracker-7f3a@db-01.pulse')).toBe(false);
  expect(allows(topicPermissionsOf(analyzer).read, '#.measure')).toBe(true);
  expect(allows(topicPermissionsOf(analyzer).read, '#')).toBe(false);
  expect(mayPublish(role('mood'), 'db-01.mood')).toBe(true);
  expect(mayPublish(role('web'), 'db-01.analysis')).toBe(false);
  // With --states it is an instance like others; it says nothing else.
  expect(mayPublish(role('tap'), `${instanceName('tap')}.pulse`)).toBe(true);
  for (const key of ['db-01.analysis', 'db-01.birth', 'web-7f3a@db-01.pulse'])
    expect(mayPublish(role('tap'), key)).toBe(false);
});

test('who answers questions may answer who has asked, and who asks may do no more than ask', () => {
  const past = defineQuestion('past', Type.Object({}), Type.Object({}));
  const oracle = defineModule({ name: 'oracle', answers: { past }, start: () => ({ past: () => undefined }) });
  const asker = defineModule({ name: 'asker', asks: { past }, start: () => {} });
  const [answers, asks] = rolesOf([oracle, asker], []);
  if (answers === undefined || asks === undefined) throw new Error('they have no roles');
  expect(allows(topicPermissionsOf(answers).read, '#.past')).toBe(true);
  expect(allows(permissionsOf(answers, 'ganglion').write, 'amq.default')).toBe(true);
  expect(mayPublish(answers, 'db-01.past')).toBe(false);
  expect(mayPublish(asks, 'db-01.past')).toBe(true);
  expect(allows(permissionsOf(asks, 'ganglion').write, 'amq.default')).toBe(false);
});
