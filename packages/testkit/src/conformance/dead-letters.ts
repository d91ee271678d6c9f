// What becomes of messages that a kept subscription refuses.

import type { DeadLetter, Envelope } from '@ganglion/kernel';
import { describe, expect, it } from 'vitest';
import { Arrivals } from '../arrivals.ts';
import type { Ear } from './ear.ts';
import { numbered, type Stage } from './stage.ts';

export function deadLetters(stage: Stage): void {
  const { dead_letters_max } = stage.features;

  describe('what a kept subscription refuses', () => {
    const subscription = { name: 'test.listener', pattern: '#', delivery: 'kept' } as const;
    const options = { ...subscription, holds: true };

    /** Publishes a message and refuses it. */
    const refuse = async (ear: Ear, key: string) => {
      await stage.publish(key);
      (await ear.calls.count(1))[0]?.refuse();
      await ear.drops.count(1);
    };

    it('is kept as it was, with the reason and the time, and stays when it is read', async () => {
      const ear = await stage.listen(options);
      const envelope: Envelope = {
        key: 'größe.b',
        payload: Buffer.from([0, 255]),
        properties: {
          id: 'i',
          sender: 's',
          type: 't',
          content_type: 'c',
          time: '2026-01-02T03:04:05.678Z',
          hops: '[]',
        },
      };
      const before_ms = Date.now();
      await stage.bus.publish(envelope);
      (await ear.calls.count(1))[0]?.refuse();
      await ear.drops.count(1);
      for (let readings = 0; readings < 2; readings++) {
        const [letter, ...others] = await stage.bus.dead(options.name);
        expect(others).toEqual([]);
        expect(letter?.envelope).toMatchObject({ key: envelope.key, properties: envelope.properties });
        expect([...(letter?.envelope.payload ?? [])]).toEqual([0, 255]);
        expect(letter?.why).toBe('refused by the test');
        expect(letter?.time_ms).toSatisfy((time_ms: number) => time_ms >= before_ms && time_ms <= Date.now());
      }
    });

    it('is kept in order, and what was taken is not', async () => {
      const ear = await stage.listen(options);
      await stage.publishAll(['a.1', 'a.2', 'a.3']);
      const [first, second, third] = await ear.calls.count(3);
      first?.refuse();
      second?.take();
      await ear.drops.count(1);
      third?.refuse();
      await ear.drops.count(2);
      expect(keysOf(await stage.bus.dead(options.name))).toEqual(['a.1', 'a.3']);
    });

    it('is kept within a bound, the newest', async () => {
      const drops = new Arrivals<string>();
      const { ready } = stage.bus.subscribe(
        { ...subscription, limit_messages: 10_000, in_flight_max: 100, onDrop: (key) => drops.push(key) },
        () => Promise.reject(new Error('refused by the test')),
      );
      await ready;
      const keys = numbered(dead_letters_max + 5);
      await stage.publishAll(keys);
      await drops.count(keys.length);
      expect(keysOf(await stage.bus.dead(options.name))).toEqual(keys.slice(5));
    });

    it('is kept apart by subscription, and nothing where nothing was refused', async () => {
      const ear = await stage.listen(options);
      const live = await stage.listen({ pattern: '#', name: 'test.live', holds: true });
      await refuse(ear, 'a.b');
      (await live.calls.count(1))[0]?.refuse();
      await live.drops.count(1);
      expect(await stage.bus.dead('test.live')).toEqual([]);
      expect(await stage.bus.dead('test.nobody')).toEqual([]);
    });

    if (stage.features.outlives_process) {
      it('outlives the bus that refused it', async () => {
        const ear = await stage.listen(options);
        await refuse(ear, 'a.b');
        await stage.bus.close();
        expect(keysOf(await stage.join().dead(options.name))).toEqual(['a.b']);
      });
    }
  });
}

const keysOf = (letters: readonly DeadLetter[]) => letters.map(({ envelope }) => envelope.key);
