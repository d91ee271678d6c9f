// Modules that share sources, on the in-memory bus: what they remember, when it is saved, and who has it next.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Type from 'typebox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defineModule, defineTopic, type Log, memoryBus, runModule, shared, silentLog } from './index.ts';

const word = defineTopic('word', Type.Object({ word: Type.String() }));
const told = defineTopic('told', Type.Object({ all: Type.String() }));

const LIMITS = { limit_messages: 100, in_flight_max: 10, attempts_max: 1 };

/** Remembers the words of each source; says all of them at each. */
function memo(seen: string[] = []) {
  return defineModule({
    name: 'memo',
    listens: { word: shared(word, LIMITS) },
    publishes: { told },
    start: ({ instance, remember }) => {
      const words = new Map<string, string>();
      return {
        word: {
          message: ({ source, body }) => {
            const all = `${words.get(source) ?? ''}${body.word}`;
            words.set(source, all);
            if (body.word === '!') remember('word', source);
            return told(source, { all });
          },
          save: (source) => {
            seen.push(`${instance} saves ${source}`);
            const all = words.get(source);
            return all === undefined ? undefined : Buffer.from(all);
          },
          restore: (source, state) => {
            seen.push(`${instance} restores ${source}`);
            const all = Buffer.from(state).toString();
            if (all.includes('bad')) throw new Error('no such state');
            words.set(source, all);
          },
          release: (source) => words.delete(source),
          owner: (is_owner) => seen.push(`${instance} ${is_owner ? 'owns' : 'owns no more'}`),
        },
      };
    },
  });
}

type Memory = ReturnType<typeof memoryBus>;

/** Says words, and resolves to what was told of them. */
async function say(bus: Memory, ...words: [source: string, word: string][]): Promise<string[]> {
  const heard: string[] = [];
  await new Promise<void>((resolve) => {
    const listener = bus.subscribe(
      { name: 'ear', pattern: '#.told', delivery: 'live', limit_messages: 100, in_flight_max: 1, onDrop: () => {} },
      async ({ payload }) => {
        heard.push(JSON.parse(Buffer.from(payload).toString()).all);
        if (heard.length === words.length) listener.cancel().then(resolve);
      },
    );
    for (const [source, text] of words) {
      const payload = Buffer.from(JSON.stringify({ word: text }));
      void bus.publish({ key: `${source}.word`, payload, properties: {} });
    }
  });
  return heard;
}

const start = async (bus: Memory, instance: string, seen?: string[], log: Log = silentLog) => {
  const running = await runModule(memo(seen), { bus, log, instance });
  onTestFinished(() => running.stop());
  return running;
};

function folderOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-states-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('instances that share sources in memory', () => {
  it('stand by until the first stops, and go on where it was', async () => {
    const bus = memoryBus();
    const seen: string[] = [];
    const first = await start(bus, 'first', seen);
    await start(bus, 'second', seen);
    expect(await say(bus, ['a', 'x'], ['b', 'y'], ['a', 'z'])).toEqual(['x', 'y', 'xz']);
    expect(seen).toEqual(['first owns']);
    await first.stop();
    expect(await say(bus, ['a', '1'], ['c', '2'])).toEqual(['xz1', '2']);
    expect(seen.slice(1, 4)).toEqual(['first saves a', 'first saves b', 'first owns no more']);
    expect(seen.slice(4).sort()).toEqual(['second owns', 'second restores a', 'second restores b']);
  });

  it('lose no message that comes while nobody is there', async () => {
    const bus = memoryBus();
    await (await start(bus, 'first')).stop();
    const telling = say(bus, ['a', 'x'], ['a', 'y']);
    await start(bus, 'second');
    expect(await telling).toEqual(['x', 'xy']);
  });

  it('hand over what they have learnt, which no word that there is something new has saved', async () => {
    const bus = memoryBus();
    const seen: string[] = [];
    const learner = defineModule({
      name: 'learner',
      listens: { word: shared(word, LIMITS) },
      publishes: { told },
      start: ({ instance, remember }) => ({
        word: {
          message: ({ source, body }) => {
            remember('word', source);
            return told(source, { all: body.word });
          },
          save: () => Buffer.from('state'),
          learnt: (source) => {
            seen.push(`${instance} saves what it has learnt of ${source}`);
            return Buffer.from('learnt');
          },
          restore: (source, state, learnt) => seen.push(`${instance} restores ${source}: ${state} and ${learnt}`),
          release: () => {},
        },
      }),
    });
    const run = async (instance: string) => {
      const running = await runModule(learner, { bus, log: silentLog, instance });
      onTestFinished(() => running.stop());
      return running;
    };
    const first = await run('first');
    await say(bus, ['a', '1'], ['a', '2'], ['a', '3']);
    expect(seen).toEqual([]);
    await first.stop();
    await run('second');
    await say(bus, ['a', '4']);
    expect(seen).toEqual(['first saves what it has learnt of a', 'second restores a: state and learnt']);
  });

  it('begin anew with a source whose state they cannot read', async () => {
    const bus = memoryBus();
    const first = await start(bus, 'first');
    await say(bus, ['a', 'bad'], ['b', 'good']);
    await first.stop();
    await start(bus, 'second');
    expect(await say(bus, ['a', 'x'], ['b', '!'])).toEqual(['x', 'good!']);
  });
});

describe('what is remembered in a folder', () => {
  it('outlives the process in an ordered stop', async () => {
    const folder = folderOfTest();
    const before = memoryBus({ states: folder });
    const first = await start(before, 'first');
    await say(before, ['a', 'x'], ['../b', 'y']);
    await first.stop();
    await before.close();
    const after = memoryBus({ states: folder });
    await start(after, 'second');
    expect(await say(after, ['a', '1'], ['../b', '2'])).toEqual(['x1', 'y2']);
  });

  it('is there after a kill as far as the module has said that there is something new', async () => {
    const folder = folderOfTest();
    const before = memoryBus({ states: folder });
    await start(before, 'first');
    await say(before, ['a', 'x'], ['a', '!'], ['a', 'y']);
    await expect.poll(() => readdirSync(folder).filter((name) => name.endsWith('.state'))).toHaveLength(1);
    // Another process would find the lock of a dead one; here it is the same.
    rmSync(join(folder, 'lock'));
    const after = memoryBus({ states: folder });
    await start(after, 'second');
    // The save waits a moment, in which what comes is saved with it.
    expect((await say(after, ['a', '1']))[0]).toMatch(/^x!y?1$/);
  });

  it('is left out where it is damaged, and the log says so', async () => {
    const folder = folderOfTest();
    const before = memoryBus({ states: folder });
    const first = await start(before, 'first');
    await say(before, ['a', 'x'], ['b', 'y']);
    await first.stop();
    await before.close();
    const files = readdirSync(folder).filter((name) => name.endsWith('.state'));
    const of_a = files.find((name) => readFileSync(join(folder, name), 'utf8').includes('"source":"a"')) ?? '';
    const whole = readFileSync(join(folder, of_a));
    writeFileSync(join(folder, of_a), whole.subarray(0, whole.length - 1));
    const codes: unknown[] = [];
    const log = { ...silentLog, warn: (fields: object) => codes.push('code' in fields && fields.code) };
    const after = memoryBus({ states: folder, log });
    await start(after, 'second');
    expect(await say(after, ['a', '1'], ['b', '2'])).toEqual(['1', 'y2']);
    expect(codes).toEqual(['STATES_DAMAGED']);
    expect(readdirSync(folder)).not.toContain(of_a);
  });

  it('is used by one process at a time; another remembers in memory', async () => {
    const folder = folderOfTest();
    const codes: unknown[] = [];
    const log = { ...silentLog, warn: (fields: object) => codes.push('code' in fields && fields.code) };
    memoryBus({ states: folder, log });
    const other = memoryBus({ states: folder, log });
    expect(codes).toEqual(['STATES_UNUSABLE']);
    await start(other, 'first');
    expect(await say(other, ['a', 'x'])).toEqual(['x']);
  });
});

it('a module that shares sources must say how to save and restore', async () => {
  const module = defineModule({
    name: 'memo',
    listens: { word: shared(word, LIMITS) },
    // @ts-expect-error: a function alone remembers nothing.
    start: () => ({ word: () => {} }),
  });
  await expect(runModule(module, { bus: memoryBus(), log: silentLog })).rejects.toMatchObject({
    code: 'MODULE_INVALID',
  });
});
