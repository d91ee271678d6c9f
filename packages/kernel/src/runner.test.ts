import { setImmediate as turn } from 'node:timers/promises';
import Type from 'typebox';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Bus, Envelope } from './bus.ts';
import { busBufferFull } from './errors.ts';
import { type Log, silentLog } from './log.ts';
import { memoryBus } from './memory-bus.ts';
import { type Context, defineModule, kept, live, unread } from './module.ts';
import { type Pulse, pulse } from './pulse.ts';
import { instanceName, type RunningModule, readConfig, runModule } from './runner.ts';
import { defineTopic, type Message, type Unread } from './topic.ts';

const question = defineTopic('question', Type.Object({ n: Type.Number() }));
const answer = defineTopic('answer', Type.Object({ twice: Type.Number() }));
const KEPT = { limit_messages: 100, in_flight_max: 10, attempts_max: 3 };

const running: RunningModule[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

async function run(module: Parameters<typeof runModule>[0], bus: Bus, options: object = {}): Promise<RunningModule> {
  const started = await runModule(module, { bus, log: silentLog, ...options });
  running.push(started);
  return started;
}

/** Collects what passes on a pattern, and waits for it. */
function listen(bus: Bus, pattern: string) {
  const seen: { key: string; body: unknown; envelope: Envelope }[] = [];
  const waiting = new Set<() => void>();
  const options = { name: 'test', pattern, delivery: 'live', limit_messages: 1000, in_flight_max: 1000 } as const;
  bus.subscribe({ ...options, onDrop: () => {} }, async (envelope) => {
    seen.push({ key: envelope.key, body: JSON.parse(Buffer.from(envelope.payload).toString()), envelope });
    for (const wake of waiting) wake();
  });
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) {
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
      });
      waiting.clear();
    }
  };
  return { seen, until };
}

function say(bus: Bus, source: string, body: unknown, id = 'id'): Promise<void> {
  return bus.publish({ key: `${source}.question`, payload: Buffer.from(JSON.stringify(body)), properties: { id } });
}

/** The sum of all pulses seen of one figure. */
const total = (pulses: { body: unknown }[], pick: (body: Pulse) => number | undefined): number =>
  pulses.reduce((sum, { body }) => sum + (pick(body as Pulse) ?? 0), 0);

const doubler = (listening = live(question)) =>
  defineModule({
    name: 'doubler',
    listens: { question: listening },
    publishes: { answer },
    start: () => ({ question: ({ source, body }) => answer(source, { twice: body.n * 2 }) }),
  });

describe('a running module', () => {
  it('begins with the next message before it has done with this one, where it says so', async () => {
    const bus = memoryBus();
    const begun: number[] = [];
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const batching = defineModule({
      name: 'batching',
      listens: { question: kept(question, { ...KEPT, overlaps: true }) },
      start: () => ({
        question: ({ body }) => {
          begun.push(body.n);
          // All of them wait for the third.
          if (body.n === 3) finish();
          return finished;
        },
      }),
    });
    const { ready } = await run(batching, bus);
    await ready;
    for (const n of [1, 2, 3]) await say(bus, 'db-01', { n }, String(n));
    await finished;
    expect(begun).toEqual([1, 2, 3]);
  });

  it('publishes what its handler returns, about the same time and with its own step added', async () => {
    const bus = memoryBus();
    const answers = listen(bus, '#.answer');
    const { instance } = await run(doubler(), bus);
    await bus.publish({
      key: 'db-01.example.com.question',
      payload: Buffer.from('{"n":21}'),
      properties: { time: '2026-11-24T12:00:00.250Z', hops: '[["asker",1]]' },
    });
    await answers.until(() => answers.seen.length === 1);
    expect(answers.seen[0]).toMatchObject({ key: 'db-01.example.com.answer', body: { twice: 42 } });
    const properties = answers.seen[0]?.envelope.properties;
    expect(properties).toMatchObject({ sender: instance, type: 'answer', time: '2026-11-24T12:00:00.250Z' });
    expect(JSON.parse(properties?.hops ?? '')).toEqual([
      ['asker', 1],
      [instance, expect.any(Number)],
    ]);
  });

  it('hears what others publish in a place of theirs as one topic, about that place, whatever the keys', async () => {
    const [bus, place] = [memoryBus(), memoryBus()];
    const answers = listen(bus, '#.answer');
    const pulses = listen(bus, '#.pulse');
    const both: Bus = {
      ...bus,
      subscribe: ({ from, ...options }, handler) => (from === 'their.place' ? place : bus).subscribe(options, handler),
    };
    await run(doubler(live(question, { from: 'their.place' })), both, { pulse_interval_ms: 5 });
    for (const key of ['', 'no dots', 'a.b.c']) {
      await place.publish({ key, payload: Buffer.from('{"n":1}'), properties: {} });
    }
    await say(bus, 'a', { n: 1 });
    await answers.until(() => answers.seen.length === 3);
    expect(answers.seen.map(({ key }) => key)).toEqual(Array(3).fill('their.place.answer'));
    await pulses.until(() => total(pulses.seen, (body) => body.in['question']) === 3);
  });

  it('may keep what comes unread, and reads it once, when it is wanted', async () => {
    const bus = memoryBus();
    const pulses = listen(bus, '#.pulse');
    const kept_unread: Unread<'question', { n: number }>[] = [];
    const keeper = defineModule({
      name: 'keeper',
      listens: { question: unread(question) },
      start: () => ({ question: (message) => void kept_unread.push(message) }),
    });
    await run(keeper, bus, { pulse_interval_ms: 5 });
    const payload = Buffer.from('{"n":1}');
    const time = '2026-11-24T12:00:00.250Z';
    await bus.publish({ key: 'a.question', payload, properties: { time, id: '7' } });
    await say(bus, 'b', { n: 'none' });
    await bus.publish({ key: 'question', payload, properties: {} });
    await pulses.until(() => total(pulses.seen, (body) => body.failed['question']?.['no_source']) === 1);
    // The bus may use the bytes again.
    payload.fill(0);
    expect(kept_unread.map(({ source }) => source)).toEqual(['a', 'b']);
    expect(total(pulses.seen, (body) => body.in['question'])).toBe(2);
    expect(kept_unread[0]?.time_ms).toBe(Date.parse(time));
    const message = kept_unread[0]?.read();
    expect(message).toMatchObject({ source: 'a', id: '7', body: { n: 1 } });
    expect(kept_unread[0]?.read()).toBe(message);
    for (const _ of [1, 2]) expect(kept_unread[1]?.read()).toBeUndefined();
    await pulses.until(() => total(pulses.seen, (body) => body.failed['question']?.['wrong_type']) === 1);
  });

  it('that keeps what comes unread has whole bodies of those who tell changes', async () => {
    const bus = memoryBus();
    const bodies: unknown[] = [];
    let told: () => void = () => {};
    const both = new Promise<void>((resolve) => {
      told = resolve;
    });
    const keeper = defineModule({
      name: 'keeper',
      listens: { question: unread(question) },
      start: () => {
        const waiting: Unread<'question', { n: number }>[] = [];
        return {
          question: (message) => {
            if (waiting.push(message) < 3) return;
            bodies.push(waiting[2]?.read()?.body);
            told();
          },
        };
      },
    });
    await run(keeper, bus);
    const tell = (body: object, version: string, since?: string) =>
      bus.publish({
        key: 'a.question',
        payload: Buffer.from(JSON.stringify(body)),
        properties: { sender: 's', version, since },
      });
    await tell({ n: 1, x: 1 }, '1');
    await tell({ n: 2 }, '2', '1');
    await tell({ n: 3 }, '3', '2');
    await both;
    expect(bodies).toEqual([{ n: 3, x: 1 }]);
  });

  it('says in its pulse what it read and wrote', async () => {
    const bus = memoryBus();
    const pulses = listen(bus, '#.pulse');
    const { instance } = await run(doubler(), bus, { pulse_interval_ms: 5 });
    await say(bus, 'a', { n: 1 });
    await say(bus, 'b', { n: 2 });
    await pulses.until(() => total(pulses.seen, (body) => body.out['answer']) === 2);
    expect(total(pulses.seen, (body) => body.in['question'])).toBe(2);
    expect(pulses.seen[0]?.key).toBe(`${instance}.pulse`);
    expect(pulse.check(pulses.seen[0]?.body)).toBe(true);
  });

  it('sends its first pulse with the first thing it says, and the next not before its time', async () => {
    const bus = memoryBus();
    const said = listen(bus, '#');
    let emit: () => Promise<boolean> = async () => false;
    const speaker = defineModule({
      name: 'speaker',
      publishes: { answer },
      start: (context) => {
        emit = () => context.emit(answer('a', { twice: 2 }));
      },
    });
    const { instance } = await run(speaker, bus, { pulse_interval_ms: 60_000 });
    await emit();
    await emit();
    await said.until(() => said.seen.length === 3);
    expect(said.seen.map(({ key }) => key)).toEqual(['a.answer', `${instance}.pulse`, 'a.answer']);
  });

  it('sends its first pulse as soon as it hears what it listens to', async () => {
    const bus = memoryBus();
    const pulses = listen(bus, '#.pulse');
    let hear = () => {};
    const heard = new Promise<void>((resolve) => {
      hear = resolve;
    });
    const slow: Bus = Object.assign(Object.create(bus), {
      subscribe: (...subscription: Parameters<Bus['subscribe']>) => ({
        ...bus.subscribe(...subscription),
        ready: heard,
      }),
    });
    const { instance, ready } = await run(doubler(), slow, { pulse_interval_ms: 3_600_000 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulses.seen).toEqual([]);
    hear();
    await ready;
    await pulses.until(() => pulses.seen.length === 1);
    expect(pulses.seen[0]?.key).toBe(`${instance}.pulse`);
  });

  it('sends a pulse that is nearly due with what it says', async () => {
    vi.useFakeTimers();
    try {
      const bus = memoryBus();
      const said = listen(bus, '#');
      const speaker = defineModule({
        name: 'speaker',
        publishes: { answer },
        start: ({ emit, stopping }) => {
          const timer = setInterval(() => emit(answer('a', { twice: 2 })), 1_000);
          stopping.addEventListener('abort', () => clearInterval(timer));
        },
      });
      await run(speaker, bus, { pulse_interval_ms: 1_000 });
      await vi.advanceTimersByTimeAsync(3_500);
      const families = said.seen.map(({ key }) => key.slice(key.lastIndexOf('.') + 1));
      expect(families).toEqual(['answer', 'pulse', 'answer', 'pulse', 'answer', 'pulse']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('counts what it cannot read by reason, logs it once a second, and goes on', async () => {
    const bus = memoryBus();
    const log = { ...silentLog, warn: vi.fn<Log['warn']>() };
    const answers = listen(bus, '#.answer');
    const pulses = listen(bus, '#.pulse');
    await run(doubler(), bus, { pulse_interval_ms: 5, log });
    for (let i = 0; i < 50; i++) {
      await bus.publish({ key: 'a.question', payload: Buffer.from('no json'), properties: {} });
      await say(bus, 'a', { n: 'one' });
    }
    await bus.publish({ key: 'question', payload: Buffer.from('{"n":1}'), properties: {} });
    await say(bus, 'a', { n: 4 });
    await answers.until(() => answers.seen.length === 1);
    expect(answers.seen[0]?.body).toEqual({ twice: 8 });
    await pulses.until(() => total(pulses.seen, (body) => body.failed['question']?.['not_json']) === 50);
    expect(total(pulses.seen, (body) => body.failed['question']?.['wrong_type'])).toBe(50);
    expect(total(pulses.seen, (body) => body.failed['question']?.['no_source'])).toBe(1);
    expect(log.warn.mock.calls.length).toBeLessThanOrEqual(6);
  });

  it('never calls a handler while the one before is under way, and keeps the order', async () => {
    const bus = memoryBus();
    const answers = listen(bus, '#.answer');
    let under_way = 0;
    const slow = defineModule({
      name: 'slow',
      listens: { question },
      publishes: { answer },
      start: () => ({
        question: async ({ source, body }) => {
          expect(++under_way).toBe(1);
          await turn();
          under_way--;
          return answer(source, { twice: body.n });
        },
      }),
    });
    await run(slow, bus);
    for (let n = 0; n < 20; n++) await say(bus, 'a', { n });
    await answers.until(() => answers.seen.length === 20);
    expect(answers.seen.map(({ body }) => (body as { twice: number }).twice)).toEqual([...Array(20).keys()]);
  });

  it('tries a kept message again, up to its attempts, without letting others past', async () => {
    const bus = memoryBus();
    const answers = listen(bus, '#.answer');
    let failures = 0;
    const flaky = defineModule({
      name: 'flaky',
      listens: { question: kept(question, KEPT) },
      publishes: { answer },
      start: () => ({
        question: ({ source, body }) => {
          if (body.n === 1 && failures++ < 2) throw new Error('not yet');
          return answer(source, { twice: body.n });
        },
      }),
    });
    await run(flaky, bus);
    await say(bus, 'a', { n: 1 });
    await say(bus, 'a', { n: 2 }, 'another');
    await answers.until(() => answers.seen.length === 2);
    expect(answers.seen.map(({ body }) => body)).toEqual([{ twice: 1 }, { twice: 2 }]);
    expect(failures).toBe(3);
  });

  it('refuses a message after its last attempt, and takes the next', async () => {
    const bus = memoryBus();
    const answers = listen(bus, '#.answer');
    const pulses = listen(bus, '#.pulse');
    const module = defineModule({
      name: 'broken',
      listens: { question },
      publishes: { answer },
      start: () => ({
        question: async ({ source, body }) => {
          if (body.n === 1) throw new Error('never');
          return answer(source, { twice: body.n });
        },
      }),
    });
    await run(module, bus, { pulse_interval_ms: 5 });
    await say(bus, 'a', { n: 1 });
    await say(bus, 'a', { n: 2 });
    await answers.until(() => answers.seen.length === 1);
    expect(answers.seen[0]?.body).toEqual({ twice: 2 });
    await pulses.until(() => total(pulses.seen, (body) => body.dropped['question']?.['refused']) === 1);
    expect(total(pulses.seen, (body) => body.failed['question']?.['handler'])).toBe(1);
  });

  it('publishes nothing that breaks its topic or that it did not declare, and says so', async () => {
    const bus = memoryBus();
    const all = listen(bus, '#.answer');
    const pulses = listen(bus, '#.pulse');
    const log = { ...silentLog, error: vi.fn<Log['error']>() };
    const module = defineModule({
      name: 'careless',
      publishes: { answer },
      start: async ({ emit }) => {
        expect(await emit(answer('a', { twice: Number.NaN }))).toBe(false);
        // @ts-expect-error: an undeclared topic does not compile; a stranger's JavaScript may still try.
        expect(await emit(question('a', { n: 1 }))).toBe(false);
        // @ts-expect-error: nor does something that is no draft.
        expect(await emit(undefined)).toBe(false);
        expect(await emit(answer('x'.repeat(300), { twice: 1 }))).toBe(false);
        expect(await emit(answer('a', { twice: 1 }))).toBe(true);
      },
    });
    await run(module, bus, { pulse_interval_ms: 5, log });
    await all.until(() => all.seen.length === 1);
    await pulses.until(() => total(pulses.seen, (body) => body.out['answer']) === 1);
    expect(pulses.seen[0]?.body).toMatchObject({
      failed: { answer: { body_invalid: 1, key_invalid: 1 }, undeclared: { topic_undeclared: 2 } },
    });
    expect(log.error.mock.calls[0]?.[1]).toBe(
      "answer not published: its body breaks the topic's schema (/twice: must be number); correct the module that made it",
    );
  });

  it('counts what the bus had to drop, and does not fall over it', async () => {
    const bus = { ...memoryBus(), publish: () => Promise.reject(busBufferFull(10)) };
    let taken: boolean | undefined;
    const module = defineModule({
      name: 'loud',
      publishes: { answer },
      start: async ({ emit }) => {
        taken = await emit(answer('a', { twice: 1 }));
      },
    });
    await run(module, bus);
    expect(taken).toBe(false);
  });

  it('counts what becomes of its messages after the bus has taken them over, and not of those of others', async () => {
    const memory = memoryBus();
    const pulses = listen(memory, '#.pulse');
    let tell: Parameters<NonNullable<Bus['onOutcome']>>[0] = () => {};
    let ended = false;
    const bus: Bus = {
      ...memory,
      onOutcome: (listener) => {
        tell = listener;
        return () => {
          ended = true;
        };
      },
    };
    const running = await run(defineModule({ name: 'teller', publishes: { answer }, start: () => {} }), bus);
    for (const reason of ['spool_full', 'spool_full', 'too_old'] as const) tell('a.answer', { dropped: reason });
    tell('a.answer', { failed: 'spool_unwritable' });
    tell('a.question', { dropped: 'spool_full' });
    await running.stop();
    const told = () => pulses.seen.find(({ body }) => Object.keys((body as Pulse).dropped).length > 0)?.body;
    await pulses.until(() => told() !== undefined);
    const body = told();
    expect(body).toMatchObject({
      dropped: { answer: { spool_full: 2, too_old: 1 } },
      failed: { answer: { spool_unwritable: 1 } },
    });
    expect(Object.keys((body as Pulse).dropped)).toEqual(['answer']);
    expect(ended).toBe(true);
  });

  it('offers a kept answer again until the bus takes it', async () => {
    const memory = memoryBus();
    const answers = listen(memory, '#.answer');
    let refusals = 1;
    const bus: Bus = {
      ...memory,
      publish: (envelope) =>
        envelope.key.endsWith('.answer') && refusals-- > 0
          ? Promise.reject(busBufferFull(1))
          : memory.publish(envelope),
    };
    await run(doubler(kept(question, KEPT)), bus);
    await say(bus, 'a', { n: 1 });
    await answers.until(() => answers.seen.length === 1);
    expect(answers.seen[0]?.body).toEqual({ twice: 2 });
  });

  it('tells a module the settings with their defaults', async () => {
    let seen: unknown;
    const module = defineModule({
      name: 'settled',
      config: Type.Object({ size: Type.Integer({ default: 7 }), name: Type.Optional(Type.String()) }),
      start: ({ config }) => {
        seen = config;
      },
    });
    await run(module, memoryBus(), { config: { name: 'x' } });
    expect(seen).toEqual({ size: 7, name: 'x' });
  });
});

describe('settings', () => {
  const module = defineModule({
    name: 'strict',
    config: Type.Object(
      {
        size: Type.Integer({ minimum: 1, default: 7 }),
        inner: Type.Object({ a: Type.Number() }, { default: { a: 1 } }),
      },
      { additionalProperties: false },
    ),
    start: () => {},
  });

  it.each([
    [{ size: 0 }, 'setting strict.size: it must be >= 1'],
    [{ size: 'big' }, 'setting strict.size: it must be integer'],
    [{ inner: { a: 'x' } }, 'setting strict.inner.a: it must be number'],
    [{ sise: 3 }, 'setting strict.sise: there is no such setting'],
  ])('%j are refused with a name and a reason', (config, text) => {
    expect(() => readConfig(module, config)).toThrow(
      expect.objectContaining({ code: 'SETTING_INVALID', configuration: true, message: expect.stringContaining(text) }),
    );
  });

  it('are refused when a module that has none is given some', () => {
    expect(() => readConfig(doubler(), { a: 1 })).toThrow('setting doubler.a: there is no such setting');
  });
});

describe('the ordered stop', () => {
  it('takes no more, finishes what is under way, publishes it, then releases in reverse order', async () => {
    const bus = memoryBus();
    const answers = listen(bus, '#.answer');
    const order: string[] = [];
    let begun: () => void = () => {};
    const first_under_way = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let finish: () => void = () => {};
    const module = defineModule({
      name: 'orderly',
      listens: { question: live(question, { in_flight_max: 1 }) },
      publishes: { answer },
      start: ({ onStop, stopping }) => {
        onStop(() => order.push('released first opened'));
        onStop(async () => {
          await turn();
          order.push('released last opened');
        });
        stopping.addEventListener('abort', () => order.push('stopping'));
        return {
          question: async ({ source, body }: Message<'question', { n: number }>) => {
            begun();
            await new Promise<void>((resolve) => {
              finish = resolve;
            });
            order.push(`handled ${body.n}`);
            return answer(source, { twice: body.n * 2 });
          },
        };
      },
    });
    const orderly = await run(module, bus);
    await say(bus, 'a', { n: 1 });
    await say(bus, 'a', { n: 2 });
    await first_under_way;
    const stopped = orderly.stop();
    await turn();
    finish();
    await stopped;
    await orderly.stop();
    expect(order).toEqual(['stopping', 'handled 1', 'released last opened', 'released first opened']);
    await answers.until(() => answers.seen.length === 1);
    expect(answers.seen[0]?.body).toEqual({ twice: 2 });
  });

  it('is bounded in time: a handler that never returns is told and left behind', async () => {
    const bus = memoryBus();
    const log = { ...silentLog, error: vi.fn<Log['error']>() };
    let begun: () => void = () => {};
    const under_way = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let released = false;
    const module = defineModule({
      name: 'stuck',
      listens: { question },
      start: ({ onStop }) => {
        onStop(() => {
          released = true;
        });
        return {
          question: () => {
            begun();
            return new Promise<void>(() => {});
          },
        };
      },
    });
    const stuck = await run(module, bus, { log, stop_stage_ms: 10 });
    await say(bus, 'a', { n: 1 });
    await under_way;
    await stuck.stop();
    expect(log.error.mock.calls.map(([fields]) => fields)).toEqual([{ code: 'STOP_TIMED_OUT', stage: 'drain' }]);
    expect(released).toBe(true);
  });

  it('ends with a last pulse', async () => {
    const bus = memoryBus();
    const pulses = listen(bus, '#.pulse');
    const answers = listen(bus, '#.answer');
    const module = await run(doubler(), bus, { pulse_interval_ms: 3_600_000 });
    await say(bus, 'a', { n: 1 });
    await answers.until(() => answers.seen.length === 1);
    await module.stop();
    await pulses.until(() => pulses.seen.some(({ body }) => (body as Pulse).stopping === true));
    expect(total(pulses.seen, (body) => body.in['question'])).toBe(1);
    expect(total(pulses.seen, (body) => body.out['answer'])).toBe(1);
  });

  it('closes what a module had opened when its start fails, and tells its error', async () => {
    let released = false;
    const module = defineModule({
      name: 'unlucky',
      start: ({ onStop }) => {
        onStop(() => {
          released = true;
        });
        throw new Error('no luck');
      },
    });
    await expect(run(module, memoryBus())).rejects.toThrow('no luck');
    expect(released).toBe(true);
  });

  it('does not begin when a handler is missing', async () => {
    const module = defineModule({
      name: 'empty',
      listens: { question },
      // @ts-expect-error: a missing handler does not compile; a stranger's JavaScript may still lack one.
      start: () => ({}),
    });
    await expect(run(module, memoryBus())).rejects.toMatchObject({ code: 'MODULE_INVALID' });
  });
});

describe('an instance', () => {
  it('has a name of its own that fits a routing key', () => {
    expect(instanceName('tracker', 'db-01')).toMatch(/^tracker-[0-9a-f]{4}@db-01$/);
    expect(instanceName('tracker', 'x'.repeat(300)).length).toBeLessThan(100);
    expect(instanceName('tracker', 'a')).not.toBe(instanceName('tracker', 'a') + instanceName('tracker', 'a'));
  });
});

describe('what a module listens to while somebody wants it', () => {
  it('is checked, counted and answered as what it declares, until it is let go', async () => {
    const bus = memoryBus();
    const heard = listen(bus, '#.answer');
    const pulses = listen(bus, '#.pulse');
    let context: Context<{ readonly answer: typeof answer }> | undefined;
    await run(
      defineModule({
        name: 'curious',
        publishes: { answer },
        start: (given) => {
          context = given;
        },
      }),
      bus,
      { pulse_interval_ms: 10 },
    );
    await say(bus, 'a', { n: 1 });
    const subscription = context?.listen(live(question, { sources: 'a' }), ({ source, body: { n } }) =>
      answer(source, { twice: 2 * n }),
    );
    await say(bus, 'a', { n: 2 });
    await say(bus, 'b', { n: 3 });
    await say(bus, 'a', { n: 'no number' });
    await heard.until(() => heard.seen.length > 0);
    expect(heard.seen).toMatchObject([{ key: 'a.answer', body: { twice: 4 } }]);
    await pulses.until(() => total(pulses.seen, ({ failed }) => failed['question']?.['wrong_type']) === 1);
    expect(total(pulses.seen, (body) => body.in['question'])).toBe(1);
    await subscription?.cancel();
    await say(bus, 'a', { n: 4 });
    const again = context?.listen(live(question), () => {});
    await say(bus, 'a', { n: 5 });
    await pulses.until(() => total(pulses.seen, (body) => body.in['question']) === 2);
    expect(heard.seen).toHaveLength(1);
    expect(() => context?.listen(kept(question, KEPT), () => {})).toThrow('not live');
    expect(() => context?.listen(live(question, { sources: 'a\n' }), () => {})).toThrow('is no pattern');
    await again?.cancel();
    await again?.cancel();
  });

  it('ends with the module', async () => {
    const bus = memoryBus();
    let context: Context | undefined;
    const questions: number[] = [];
    const keys: string[] = [];
    const running = await run(
      defineModule({
        name: 'curious',
        start: (given) => {
          context = given;
        },
      }),
      bus,
    );
    context?.listen(live(question), ({ body: { n } }) => void questions.push(n));
    context?.tap('#.question', { limit_messages: 10, onDrop: () => {} }, ({ key }) => void keys.push(key));
    await say(bus, 'a', { n: 1 });
    await expect.poll(() => [questions, keys]).toEqual([[1], ['a.question']]);
    await running.stop();
    await context?.tap('#', { limit_messages: 10, onDrop: () => {} }, ({ key }) => void keys.push(key)).ready;
    await say(bus, 'a', { n: 2 });
    await turn();
    await turn();
    expect([questions, keys]).toEqual([[1], ['a.question']]);
  });

  it('a tap hears what is no message of any topic, and tells what its queue drops', async () => {
    const bus = memoryBus();
    let context: Context | undefined;
    await run(
      defineModule({
        name: 'curious',
        start: (given) => {
          context = given;
        },
      }),
      bus,
    );
    let dropped = 0;
    const heard: string[] = [];
    const onDrop = () => {
      dropped++;
    };
    const tap = context?.tap('site1.#', { limit_messages: 2, onDrop }, ({ key, payload }) => {
      heard.push(`${key} ${payload.length}`);
    });
    for (const key of ['site1.a', 'site1.b', 'site2.c', 'site1.d']) {
      void bus.publish({ key, payload: Uint8Array.of(0xff), properties: {} });
    }
    await expect.poll(() => heard).toEqual(['site1.b 1', 'site1.d 1']);
    expect(dropped).toBe(1);
    await tap?.cancel();
    for (const pattern of ['', 'a\u0000', 'x'.repeat(256)]) {
      expect(() => context?.tap(pattern, { limit_messages: 1, onDrop }, () => {})).toThrow('is no pattern');
    }
  });
});
