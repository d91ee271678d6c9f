// What every subscription keeps to, and what a live one does.

import { describe, expect, it } from 'vitest';
import { numbered, type Stage } from './stage.ts';

export function subscriptions(stage: Stage): void {
  describe.each(['live', 'kept'] as const)('a %s subscription', (delivery) => {
    it('is handed messages in order, and at most in_flight_max before it has settled one', async () => {
      const keys = numbered(10);
      const ear = await stage.listen({ pattern: '#', delivery, in_flight_max: 3, holds: true });
      await stage.publishAll(keys);
      for (let handed = 3; handed <= keys.length; handed++) {
        const calls = await ear.calls.count(handed);
        expect(calls).toHaveLength(handed);
        calls[handed - 3]?.take();
      }
      expect(ear.keys).toEqual(keys);
      expect(ear.unsettled_max).toBe(3);
    });

    it('that does not settle holds up no other, nor publish', async () => {
      const keys = numbered(200);
      const stuck = await stage.listen({ pattern: '#', delivery, name: 'stuck', in_flight_max: 1, holds: true });
      const live = await stage.listen({ pattern: '#' });
      const kept = await stage.listen({ pattern: '#', delivery: 'kept' });
      await stage.publishAll(keys);
      expect(await live.heard(keys.length)).toEqual(keys);
      expect(await kept.heard(keys.length)).toEqual(keys);
      expect(stuck.keys).toEqual(keys.slice(0, 1));
    });

    it('that refuses a message is told of it once, and gets those after it', async () => {
      const ear = await stage.listen({ pattern: '#', delivery, in_flight_max: 1, holds: true });
      await stage.publishAll(['a.bad', 'a.good', 'a.bad', 'a.good']);
      for (let handed = 1; handed <= 4; handed++) {
        const call = (await ear.calls.count(handed))[handed - 1];
        if (call?.envelope.key === 'a.bad') call.refuse();
        else call?.take();
      }
      expect(ear.keys).toEqual(['a.bad', 'a.good', 'a.bad', 'a.good']);
      expect(await ear.drops.count(2)).toEqual([
        ['a.bad', 'refused'],
        ['a.bad', 'refused'],
      ]);
    });

    it('that is full lets the oldest go', async () => {
      const ear = await stage.listen({ pattern: '#', delivery, limit_messages: 3, in_flight_max: 1, holds: true });
      const [first = '', ...others] = numbered(11);
      await stage.publish(first);
      await ear.calls.count(1);
      await stage.publishAll(others);
      const gone = others.slice(0, -3);
      if (delivery === 'live' || stage.features.counts_kept_drops) {
        expect(await ear.drops.count(gone.length)).toEqual(gone.map((key) => [key, 'queue_full']));
      }
      for (let handed = 1; handed <= 4; handed++) (await ear.calls.count(handed))[handed - 1]?.take();
      expect(ear.keys).toEqual([first, ...others.slice(-3)]);
    });

    it('that listens where others publish hears nothing of this bus', async () => {
      // RabbitMQ has this place by itself.
      const elsewhere = await stage.listen({ pattern: '#', delivery, name: 'elsewhere', from: 'amq.topic' });
      const ear = await stage.listen({ pattern: '#', delivery });
      await stage.publishAll(numbered(10));
      expect(await ear.heard(10)).toEqual(numbered(10));
      expect(elsewhere.keys).toEqual([]);
    });

    it('that is cancelled is handed nothing more', async () => {
      const ear = await stage.listen({ pattern: '#', delivery, in_flight_max: 1 });
      const witness = await stage.listen({ pattern: '#', name: 'witness' });
      const published = stage.publishAll(numbered(100));
      await ear.calls.count(10);
      await ear.subscription.cancel();
      const handed = ear.calls.items.length;
      await published;
      await stage.publish('last');
      await witness.heard(101);
      expect(ear.calls.items).toHaveLength(handed);
    });

    it('can be cancelled twice, also at once', async () => {
      const { subscription } = await stage.listen({ pattern: '#', delivery });
      await Promise.all([subscription.cancel(), subscription.cancel()]);
      await expect(subscription.cancel()).resolves.toBeUndefined();
    });

    it('can be cancelled by its own handler', async () => {
      let onCancelled: () => void = () => {};
      const cancelled = new Promise<void>((resolve) => {
        onCancelled = resolve;
      });
      const heard: string[] = [];
      const subscription = stage.bus.subscribe(
        { name: 'own', pattern: '#', delivery, limit_messages: 10, in_flight_max: 1, onDrop: () => {} },
        async ({ key }) => {
          heard.push(key);
          await subscription.cancel();
          onCancelled();
        },
      );
      await subscription.ready;
      const witness = await stage.listen({ pattern: '#' });
      await stage.publishAll(['a', 'b']);
      await witness.heard(2);
      await cancelled;
      expect(heard).toEqual(['a']);
    });

    it('does not wait for its handlers when it is cancelled', async () => {
      const ear = await stage.listen({ pattern: '#', delivery, holds: true });
      await stage.publish('a.b');
      await ear.calls.count(1);
      await expect(ear.subscription.cancel()).resolves.toBeUndefined();
    });

    it('that was cancelled is still told what its handler refused', async () => {
      const ear = await stage.listen({ pattern: '#', delivery, holds: true });
      await stage.publish('a.b');
      const [call] = await ear.calls.count(1);
      await ear.subscription.cancel();
      call?.refuse();
      expect(await ear.drops.count(1)).toEqual([['a.b', 'refused']]);
    });
  });

  describe('live subscriptions', () => {
    it('miss what passes while they are away', async () => {
      const ear = await stage.listen({ pattern: '#' });
      await stage.publish('heard');
      await ear.heard(1);
      await ear.subscription.cancel();
      await stage.publish('missed');
      const again = await stage.listen({ pattern: '#' });
      await stage.publish('heard again');
      expect(await again.heard(1)).toEqual(['heard again']);
      expect(ear.keys).toEqual(['heard']);
    });

    it('of one name get every message each', async () => {
      const keys = numbered(20);
      const ears = await Promise.all([stage.listen({ pattern: '#' }), stage.listen({ pattern: '#' })]);
      await stage.publishAll(keys);
      for (const ear of ears) expect(await ear.heard(20)).toEqual(keys);
    });
  });
}
