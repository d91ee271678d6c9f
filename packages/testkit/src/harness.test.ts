import { defineModule, defineTopic, kept, live } from '@ganglion/kernel';
import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { runUnderTest } from './index.ts';

const question = defineTopic('question', Type.Object({ n: Type.Number() }));
const answer = defineTopic('answer', Type.Object({ twice: Type.Number() }));

/** Doubles numbers below its limit; does not like 13. */
const doubler = defineModule({
  name: 'doubler',
  listens: { question: kept(question, { limit_messages: 10, in_flight_max: 10, attempts_max: 1 }) },
  publishes: { answer },
  config: Type.Object({ limit: Type.Number({ default: 100, description: 'Numbers it doubles are below.' }) }),
  start: ({ config, log, count }) => ({
    question: async ({ source, body }) => {
      if (body.n === 13) throw new Error('unlucky');
      if (body.n >= config.limit) {
        log.info({ n: body.n }, 'too large');
        count('too_large');
        return undefined;
      }
      return answer(source, { twice: body.n * 2 });
    },
  }),
});

describe('a module under test', () => {
  it('is given messages, and publishes those', async () => {
    await using subject = await runUnderTest(doubler);
    expect(await subject.given(question('db-01.site1', { n: 1 }), question('db-02', { n: 2 }))).toEqual([
      answer('db-01.site1', { twice: 2 }),
      answer('db-02', { twice: 4 }),
    ]);
    expect(await subject.given(question('db-03', { n: 3 }))).toEqual([answer('db-03', { twice: 6 })]);
  });

  it('is given messages, and publishes nothing', async () => {
    await using subject = await runUnderTest(doubler);
    expect(await subject.given(question('a', { n: 100 }))).toEqual([]);
    expect(await subject.given()).toEqual([]);
  });

  it('has settings', async () => {
    await using subject = await runUnderTest(doubler, { config: { limit: 1000 } });
    expect(await subject.given(question('a', { n: 100 }))).toEqual([answer('a', { twice: 200 })]);
    await expect(runUnderTest(doubler, { config: { limit: 'none' } })).rejects.toMatchObject({
      code: 'SETTING_INVALID',
    });
  });

  it('shows what it logs', async () => {
    await using subject = await runUnderTest(doubler);
    await subject.given(question('a', { n: 100 }));
    expect(subject.logs).toEqual([{ level: 'info', fields: { n: 100 }, text: 'too large' }]);
  });

  it('shows whole messages of one topic, with their types', async () => {
    await using subject = await runUnderTest(doubler, { instance: 'doubler-1' });
    subject.send(question('a', { n: 1 }, Date.UTC(2026, 10, 24)));
    const [first] = await subject.messages(answer, 1);
    const twice: number | undefined = first?.body.twice;
    expect(twice).toBe(2);
    expect(first).toMatchObject({ sender: 'doubler-1', time_ms: Date.UTC(2026, 10, 24) });
    expect(first?.hops.map(([instance]) => instance)).toEqual(['test', 'doubler-1']);
  });

  it('says in its pulses what became of all that was sent, also by strangers', async () => {
    await using subject = await runUnderTest(doubler);
    subject.send(question('a', { n: 1 }), question('a', { n: 13 }), question('a', { n: 100 }));
    subject.sendRaw('a.question', 'no JSON');
    subject.sendRaw('a.question', Buffer.from('{"n":2}'), { id: 'foreign' });
    expect(await subject.pulse()).toMatchObject({
      module: 'doubler',
      in: { question: 4 },
      out: { answer: 2 },
      failed: { question: { handler: 1, not_json: 1 } },
      dropped: { question: { refused: 1 } },
      counts: { too_large: 1 },
    });
    subject.send(question('a', { n: 3 }));
    expect(await subject.pulse()).toMatchObject({ in: { question: 5 }, out: { answer: 3 } });
  });

  it('is waited for, also when its queue drops some', async () => {
    await using subject = await runUnderTest(doubler);
    const numbers = Array.from({ length: 30 }, (_, n) => question('a', { n: n + 20 }));
    expect(await subject.given(...numbers)).toHaveLength(10);
    expect(await subject.pulse()).toMatchObject({ dropped: { question: { queue_full: 20 } } });
  });

  it('may listen to what it publishes itself, which is waited for too', async () => {
    const countdown = defineModule({
      name: 'countdown',
      listens: { question: live(question) },
      publishes: { question },
      start: () => ({
        question: ({ source, body }) => (body.n > 0 ? question(source, { n: body.n - 1 }) : undefined),
      }),
    });
    await using subject = await runUnderTest(countdown);
    const said = await subject.given(question('a', { n: 3 }));
    expect(said.map(({ body }) => body)).toEqual([{ n: 2 }, { n: 1 }, { n: 0 }]);
  });

  it('may publish by itself', async () => {
    const talker = defineModule({
      name: 'talker',
      publishes: { answer },
      start: ({ emit, onStop }) => {
        emit(answer('a', { twice: 1 }));
        onStop(() => emit(answer('a', { twice: 2 })));
      },
    });
    await using subject = await runUnderTest(talker);
    expect(await subject.published(1)).toEqual([answer('a', { twice: 1 })]);
    const both = subject.published(2);
    await subject.stop();
    expect(await both).toEqual([answer('a', { twice: 1 }), answer('a', { twice: 2 })]);
  });

  it('keeps no test waiting after its stop', async () => {
    const subject = await runUnderTest(doubler);
    const waits = Promise.allSettled([subject.published(1), subject.messages(answer, 1)]);
    await subject.stop();
    await subject.stop();
    expect((await waits).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(subject.published(1)).rejects.toThrow('doubler was stopped');
    expect(() => subject.send(question('a', { n: 1 }))).toThrow('doubler was stopped');
  });
});
