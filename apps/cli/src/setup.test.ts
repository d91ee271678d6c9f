import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { expect, onTestFinished, test } from 'vitest';
import { loadModules } from './modules.ts';
import { rolesOf } from './roles.ts';
import { own } from './settings/own.ts';
import { planSetup, scriptOf } from './setup.ts';

const modules = await loadModules([]);

/** Without a tracker, which needs a machine. */
const ROLES = rolesOf(modules, []).length;

function script(settings: object, machines: string[] = [], node?: string): string {
  const read = Value.Parse(own, Value.Default(own, settings));
  return scriptOf(planSetup(read, { modules, machines, node, password_file: undefined }));
}

/** What a script has rabbitmqctl import, where some users are there already; the real one is in test/broker-users. */
function imported(text: string, users: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'setup-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const ctl = `case "$*" in *list_users*) printf '%s\\t[]\\n' "$@" ;; *import_definitions*) cat > "$IMPORTED" ;; *) exit 1 ;; esac`;
  writeFileSync(join(folder, 'rabbitmqctl'), `#!/bin/sh\nset -- "$@" $USERS\n${ctl}\n`);
  chmodSync(join(folder, 'rabbitmqctl'), 0o755);
  const IMPORTED = join(folder, 'imported');
  const PATH = `${folder}:${process.env['PATH']}`;
  execFileSync('sh', ['-c', text], { env: { PATH, IMPORTED, USERS: users.join(' ') }, stdio: 'ignore' });
  return JSON.parse(readFileSync(IMPORTED, 'ascii'));
}

test('users are given to the virtual host of the address, and to no other', () => {
  const text = script({ broker: 'amqps://me:mine@broker.example.com/site%201' });
  const { exchanges, permissions, topic_permissions } = imported(text);
  expect(exchanges).toMatchObject([{ name: 'ganglion', vhost: 'site 1', type: 'topic', durable: true }]);
  expect(permissions.map(({ vhost }: { vhost: string }) => vhost)).toEqual(Array(ROLES).fill('site 1'));
  expect(topic_permissions).toHaveLength(ROLES);
  const addresses = text.match(/^# amqp.*$/gm) ?? [];
  expect(addresses).toHaveLength(ROLES);
  for (const address of addresses) {
    expect(address).toMatch(/^# amqps:\/\/ganglion-[a-z]+:[\w-]{24}@broker\.example\.com:5671\/site%201$/);
  }
  expect(text).not.toContain('mine');
});

test('each user has a password of its own, and another in the next script', () => {
  const passwords = `${script({})}${script({})}`.match(/(?<=^# amqp:\/\/[a-z-]+:)[\w-]{24}(?=@)/gm);
  expect(new Set(passwords).size).toBe(2 * ROLES);
});

test('a user that is there already keeps its password', () => {
  const { users, permissions } = imported(script({}), ['guest', 'ganglion-tap']);
  const named = users.map(({ name }: { name: string }) => name);
  expect(named).not.toContain('ganglion-tap');
  expect(named).toHaveLength(ROLES - 1);
  expect(permissions).toHaveLength(ROLES);
});

test('what a machine is called does nothing in the shell', () => {
  const machine = '$(reboot) `reboot` \'x\' \\ "y" 東京';
  const text = script({}, [machine]);
  expect(imported(text).users).toContainEqual(expect.objectContaining({ name: `ganglion-tracker-${machine}` }));
  expect(text.match(/^# amqp.*$/m)?.[0]).not.toMatch(/[$()'`"]/);
});

test("the ancestor's exchange is made as its programs declare it, on the node that is named", () => {
  const text = script({ exchange: 'my_exchange' }, [], 'rabbit@db-01');
  expect(imported(text).exchanges).toMatchObject([{ type: 'topic', durable: false }]);
  expect(text.split('\n')).toContain('ctl() { rabbitmqctl -q -n rabbit@db-01 "$@"; }');
});
