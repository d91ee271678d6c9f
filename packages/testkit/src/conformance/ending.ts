// The status, flush and close.

import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Ear } from './ear.ts';
import { numbered, type Stage } from './stage.ts';

export function ending(stage: Stage): void {
  describe('the status', () => {
    it('is connected when a subscription is ready, since some time', async () => {
      await stage.listen({ pattern: '#' });
      await stage.publish('a.b');
      expect(stage.bus.status.connected).toBe(true);
      expect(stage.bus.status.since_ms).toBeLessThanOrEqual(Date.now());
      expect(stage.bus.status.since_ms).toBeGreaterThan(Date.now() - 60_000);
    });
  });

  describe('flush', () => {
    it('waits until every message offered is taken over', async () => {
      let taken = 0;
      for (const key of numbered(100)) stage.publish(key).then(() => taken++);
      await stage.bus.flush();
      await turn();
      expect(taken).toBe(100);
    });

    it('resolves when there is nothing to wait for', async () => {
      await expect(stage.bus.flush()).resolves.toBeUndefined();
    });
  });

  describe('close', () => {
    it('can be called twice, also at once', async () => {
      await stage.listen({ pattern: '#' });
      await Promise.all([stage.bus.close(), stage.bus.close()]);
      await expect(stage.bus.close()).resolves.toBeUndefined();
    });

    it('can be called before anything else', async () => {
      await expect(stage.bus.close()).resolves.toBeUndefined();
    });

    it('makes publish reject with BUS_CLOSED', async () => {
      await stage.publish('a.b');
      await stage.bus.close();
      await expect(stage.publish('a.b')).rejects.toMatchObject({ code: 'BUS_CLOSED' });
    });

    it('makes subscribe throw BUS_CLOSED', async () => {
      await stage.bus.close();
      expect(() => new Ear(stage.bus, { pattern: '#' })).toThrow(expect.objectContaining({ code: 'BUS_CLOSED' }));
    });

    it('cancels every subscription', async () => {
      const live = await stage.listen({ pattern: '#', in_flight_max: 1, holds: true });
      const kept = await stage.listen({ pattern: '#', delivery: 'kept', in_flight_max: 1, holds: true });
      await stage.publishAll(['a', 'b']);
      const [[live_call], [kept_call]] = await Promise.all([live.calls.count(1), kept.calls.count(1)]);
      await stage.bus.close();
      live_call?.take();
      kept_call?.refuse();
      await live.subscription.cancel();
      for (let turns = 0; turns < 10; turns++) await turn();
      expect([live.keys, kept.keys]).toEqual([['a'], ['a']]);
    });
  });
}
