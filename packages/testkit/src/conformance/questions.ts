// What happens to a question, and to its answers.

import type { Bus, Envelope } from '@ganglion/kernel';
import { describe, expect, it } from 'vitest';
import { message, type Stage } from './stage.ts';

/** Longer than any answer takes here. */
const LONG_MS = 10_000;

export function questions(stage: Stage): void {
  describe('a question', () => {
    /** Somebody who answers what he hears; undefined is no answer. */
    const answers = async (bus: Bus, pattern: string, answer: (envelope: Envelope) => string | undefined) => {
      const subscription = bus.subscribe(
        { name: 'oracle', pattern, delivery: 'live', limit_messages: 100, in_flight_max: 10, onDrop: () => {} },
        async (envelope) => {
          const text = answer(envelope);
          if (text !== undefined && envelope.asker !== undefined) await bus.answer(envelope.asker, Buffer.from(text));
        },
      );
      await subscription.ready;
    };
    const ask = async (key: string, text = '{}', bus = stage.bus, timeout_ms = LONG_MS) =>
      Buffer.from(await bus.ask({ ...message(key), payload: Buffer.from(text) }, timeout_ms)).toString();

    it('gets the answer of who hears it', async () => {
      await answers(stage.bus, '#.past', ({ key, payload }) => `${key} ${Buffer.from(payload)}`);
      expect(await ask('db-01.past', '7')).toBe('db-01.past 7');
    });

    it('gets its own answer, however many are asked at once', async () => {
      await answers(stage.bus, '#.past', ({ payload }) => `${Buffer.from(payload)}!`);
      const texts = Array.from({ length: 100 }, (_, n) => String(n));
      expect(await Promise.all(texts.map((text) => ask('a.past', text)))).toEqual(texts.map((text) => `${text}!`));
    });

    it('gets the first of several answers, and those who know nothing keep quiet', async () => {
      await answers(stage.bus, '#.past', () => undefined);
      await answers(stage.bus, '#.past', () => 'mine');
      expect(await ask('a.past')).toBe('mine');
    });

    it('is told when nobody has answered in time', async () => {
      await answers(stage.bus, '#.past', () => undefined);
      await expect(ask('a.past', '{}', stage.bus, 50)).rejects.toMatchObject({ code: 'NO_ANSWER' });
    });

    it('is a message like any other to who only listens', async () => {
      const ear = await stage.listen({ pattern: '#' });
      await expect(ask('a.past', '{}', stage.bus, 50)).rejects.toMatchObject({ code: 'NO_ANSWER' });
      expect(await ear.heard(1)).toEqual(['a.past']);
    });

    it('gets an answer of 4 MiB', async () => {
      await answers(stage.bus, '#.past', () => 'x'.repeat(4 * 1024 * 1024));
      expect(await ask('a.past')).toHaveLength(4 * 1024 * 1024);
    });

    it('that nobody waits for any more harms nobody when it is answered', async () => {
      let late: Envelope | undefined;
      await answers(stage.bus, '#.late', (envelope) => {
        late = envelope;
        return undefined;
      });
      await expect(ask('a.late', '{}', stage.bus, 50)).rejects.toMatchObject({ code: 'NO_ANSWER' });
      if (late?.asker !== undefined) await stage.bus.answer(late.asker, Buffer.from('too late'));
      await answers(stage.bus, '#.past', () => 'well');
      expect(await ask('a.past')).toBe('well');
    });

    if (stage.features.spans_processes) {
      it('is answered from another process', async () => {
        await answers(stage.join(), '#.past', ({ key }) => `from afar: ${key}`);
        expect(await ask('a.past', '{}', stage.join())).toBe('from afar: a.past');
      });
    }
  });
}
