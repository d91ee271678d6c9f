import Type from 'typebox';
import { afterEach, describe, expect, it } from 'vitest';
import { CodedError, type ErrorParts } from './errors.ts';
import { silentLog } from './log.ts';
import { memoryBus } from './memory-bus.ts';
import { type Context, defineModule, live } from './module.ts';
import type { Pulse } from './pulse.ts';
import { ANSWER_BYTES_MAX, defineQuestion } from './question.ts';
import { type RunningModule, runModule } from './runner.ts';
import { defineTopic } from './topic.ts';

const past = defineQuestion('past', Type.Object({ n: Type.Number() }), Type.Object({ text: Type.String() }));
const other = defineQuestion('other', Type.Object({}), Type.Object({}));
const REFUSED: ErrorParts = { what: 'no', why: 'a hundred at most', todo: 'less' };

const running: RunningModule[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

/** A module that answers, one that asks, and what the first says of itself. */
async function both(answer: (n: number, source: string) => unknown, pulse_interval_ms = 1_000) {
  const bus = memoryBus();
  const oracle = defineModule({
    name: 'oracle',
    answers: { past },
    start: () => ({ past: ({ source, body }) => answer(body.n, source) as { text: string } | undefined }),
  });
  let context: Context | undefined;
  const asker = defineModule({
    name: 'asker',
    asks: { past },
    start: (given) => {
      context = given as Context;
    },
  });
  for (const module of [oracle, asker]) {
    running.push(await runModule(module, { bus, log: silentLog, pulse_interval_ms }));
  }
  if (context === undefined) throw new Error('the module did not start');
  const { ask } = context;
  return { bus, ask: (n: number, timeout_ms?: number) => ask(past, 'db-01', { n }, timeout_ms), askOf: ask };
}

describe('a question', () => {
  it('reaches the module that answers it, with whom it is about', async () => {
    const { ask } = await both((n, source) => ({ text: `${source} ${n}` }));
    expect(await ask(3)).toEqual({ text: 'db-01 3' });
  });

  it('is refused in the words of who was asked', async () => {
    const { ask } = await both(() => {
      throw new CodedError('RANGE_TOO_LONG', REFUSED);
    });
    await expect(ask(3)).rejects.toMatchObject({ code: 'RANGE_TOO_LONG', parts: { why: 'a hundred at most' } });
  });

  it('that breaks its module is told, and the next is answered', async () => {
    const { ask } = await both((n) => {
      if (n === 1) throw new TypeError('x is not a function');
      return { text: 'well' };
    });
    await expect(ask(1)).rejects.toMatchObject({ code: 'QUESTION_FAILED' });
    expect(await ask(2)).toEqual({ text: 'well' });
  });

  it('that nobody can answer ends when its time is over', async () => {
    const { ask } = await both(() => undefined);
    await expect(ask(3, 20)).rejects.toMatchObject({ code: 'NO_ANSWER' });
  });

  it('of a form that there is not is not sent, and refused when another sends it', async () => {
    const { ask, bus } = await both(() => ({ text: '' }));
    await expect(ask('three' as unknown as number)).rejects.toMatchObject({ code: 'BODY_INVALID' });
    const bytes = await bus.ask(
      { key: 'a.past', payload: Buffer.from('{"n":"three"}'), properties: { id: '1' } },
      1_000,
    );
    expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({ refused: { code: 'QUESTION_INVALID' } });
  });

  it('whose answer has another form is not believed', async () => {
    const { ask } = await both(() => ({ txt: 'x' }));
    await expect(ask(3)).rejects.toMatchObject({ code: 'BODY_INVALID' });
  });

  it('whose answer is too large is refused', async () => {
    const { ask } = await both(() => ({ text: 'x'.repeat(ANSWER_BYTES_MAX) }));
    await expect(ask(3)).rejects.toMatchObject({ code: 'ANSWER_TOO_LARGE' });
  });

  it('can be asked only by who declares it', async () => {
    const { askOf } = await both(() => ({ text: '' }));
    await expect(askOf(other, 'db-01', {})).rejects.toMatchObject({ code: 'TOPIC_UNDECLARED' });
  });

  it('is counted by both', async () => {
    const { ask, bus } = await both(() => ({ text: '' }), 10);
    const seen: Pulse[] = [];
    const counted = new Promise<void>((resolve) => {
      const options = {
        name: 'ear',
        pattern: '#.pulse',
        delivery: 'live',
        limit_messages: 100,
        in_flight_max: 10,
      } as const;
      bus.subscribe({ ...options, onDrop: () => {} }, async ({ payload }) => {
        seen.push(JSON.parse(Buffer.from(payload).toString()));
        const count = (which: 'in' | 'out') => seen.reduce((sum, each) => sum + (each[which]?.[past.family] ?? 0), 0);
        if (count('in') >= 2 && count('out') >= 2) resolve();
      });
    });
    await ask(3);
    await counted;
  });
});

it('a question and a topic of one module need two names', () => {
  const topic = defineTopic('past', Type.Object({}));
  const define = () =>
    defineModule({
      name: 'a',
      listens: { past: live(topic) },
      answers: { past },
      start: () => ({ past: () => undefined }) as never,
    });
  expect(define).toThrow(expect.objectContaining({ code: 'MODULE_INVALID' }));
});

it('a message that nobody waits for is no question', async () => {
  let asked = 0;
  const { bus, ask } = await both(() => {
    asked++;
    return { text: '' };
  });
  await bus.publish({ key: 'a.past', payload: Buffer.from('{"n":1}'), properties: { id: '1' } });
  await ask(2);
  expect(asked).toBe(1);
});
