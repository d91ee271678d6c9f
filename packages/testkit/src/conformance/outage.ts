// What a bus does when its connection is lost and comes back.

import { setImmediate as turn } from 'node:timers/promises';
import type { BusStatus } from '@ganglion/kernel';
import { describe, expect, it } from 'vitest';
import type { Line } from '../line.ts';
import { Ear } from './ear.ts';
import { numbered, type Stage } from './stage.ts';

export function outage(stage: Stage, line: Pick<Line, 'cut' | 'restore'>): void {
  describe('a lost connection', () => {
    const kept = { pattern: '#', delivery: 'kept' } as const;

    /** Resolves when the bus says that it is connected, or not. */
    const becomes = (connected: boolean, bus = stage.bus): Promise<BusStatus> =>
      new Promise((resolve) => {
        const look = (status: BusStatus) => {
          if (status.connected !== connected) return;
          end();
          resolve(status);
        };
        const end = bus.onStatus(look);
        look(bus.status);
      });

    /** Cuts the line, and waits until the bus has noticed. */
    const lose = async (bus = stage.bus) => {
      await line.cut();
      await becomes(false, bus);
    };

    it('is told with the reason, and so is its return', async () => {
      await stage.listen({ pattern: '#' });
      await stage.publish('a.b');
      const statuses: boolean[] = [];
      const end = stage.bus.onStatus(({ connected }) => statuses.push(connected));
      const unheard: boolean[] = [];
      stage.bus.onStatus(({ connected }) => unheard.push(connected))();
      const since_ms = Date.now();
      await line.cut();
      const lost = await becomes(false);
      expect(lost.why).toMatch(/./);
      expect(lost.since_ms).toBeGreaterThanOrEqual(since_ms);
      await line.restore();
      expect((await becomes(true)).why).toBeUndefined();
      end();
      expect([statuses.at(0), statuses.at(-1)]).toEqual([false, true]);
      expect(unheard).toEqual([]);
    });

    it('keeps what is published meanwhile, in order, and flush waits for it', async () => {
      const ear = await stage.listen(kept);
      await stage.publish('before');
      await lose();
      const keys = numbered(100);
      let taken = 0;
      for (const key of keys) stage.publish(key).then(() => taken++);
      const flushed = stage.bus.flush().then(() => taken);
      await turn();
      expect(taken).toBe(0);
      await line.restore();
      expect(await flushed).toBe(100);
      await ear.calls.until((calls) => calls.at(-1)?.envelope.key === keys.at(-1));
      expect(firsts(ear.keys)).toEqual(['before', ...keys]);
    });

    it('loses nothing that was published across it', async () => {
      const ear = await stage.listen(kept);
      const keys = numbered(500);
      const published = stage.publishAll(keys);
      await ear.calls.count(1);
      await line.cut();
      await line.restore();
      await published;
      await ear.calls.until((calls) => new Set(calls.map(({ envelope }) => envelope.key)).size === keys.length);
    });

    it('makes each subscription again', async () => {
      const ears = await Promise.all([stage.listen({ pattern: '#.a' }), stage.listen({ ...kept, pattern: '#.a' })]);
      await lose();
      await line.restore();
      await becomes(true);
      await stage.publish('x.a');
      for (const ear of ears) expect(await ear.heard(1)).toEqual(['x.a']);
    });

    it('lets a subscription be made meanwhile', async () => {
      await stage.listen({ pattern: '#' });
      await lose();
      const ear = new Ear(stage.bus, { pattern: '#' });
      await line.restore();
      await ear.subscription.ready;
      await stage.publish('a.b');
      expect(await ear.heard(1)).toEqual(['a.b']);
    });

    it('lets a subscription be cancelled meanwhile', async () => {
      const ear = await stage.listen({ pattern: '#' });
      await lose();
      await ear.subscription.cancel();
      await line.restore();
      const witness = await stage.listen({ pattern: '#', name: 'witness' });
      await stage.publish('a.b');
      await witness.heard(1);
      expect(ear.keys).toEqual([]);
    });

    it('gives a kept message again that was not settled, and hears nothing of its first outcome', async () => {
      const ear = await stage.listen({ ...kept, holds: true });
      await stage.publish('a.b');
      const [first] = await ear.calls.count(1);
      await lose();
      await line.restore();
      const [, again] = await ear.calls.count(2);
      expect(again?.envelope.key).toBe('a.b');
      first?.take();
      again?.take();
      await stage.publish('c.d');
      expect(await ear.heard(3)).toEqual(['a.b', 'a.b', 'c.d']);
    });

    it('lets the oldest go when the buffer is full, and says so', async () => {
      const ear = await stage.listen(kept);
      const small = stage.join(3);
      await stage.publish('before', small);
      await lose(small);
      const keys = numbered(5);
      const outcomes = Promise.allSettled(keys.map((key) => stage.publish(key, small)));
      await line.restore();
      const reasons = (await outcomes).map((each) => (each.status === 'rejected' ? each.reason.code : 'taken'));
      expect(reasons).toEqual(['BUS_BUFFER_FULL', 'BUS_BUFFER_FULL', 'taken', 'taken', 'taken']);
      await ear.calls.until((calls) => calls.at(-1)?.envelope.key === keys.at(-1));
      expect(firsts(ear.keys)).toEqual(['before', ...keys.slice(-3)]);
    });

    it('does not keep close from ending, which drops what waits', async () => {
      await stage.listen({ pattern: '#' });
      await stage.publish('before');
      await lose();
      const waiting = stage.publish('a.b').then(
        () => 'taken',
        (error) => error.code,
      );
      await stage.bus.close();
      expect(await waiting).toBe('BUS_CLOSED');
    });
  });
}

/** Without what came again: a message's acknowledgement may have been on the line when that was cut. */
function firsts(keys: readonly string[]): string[] {
  return [...new Set(keys)];
}
