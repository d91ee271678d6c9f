// What a kept queue does for its listeners.

import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { numbered, type Stage } from './stage.ts';

export function keptQueues(stage: Stage): void {
  describe('a kept queue', () => {
    const kept = { pattern: '#', delivery: 'kept' } as const;

    it('goes on filling while its listener is away', async () => {
      const first = await stage.listen(kept);
      await first.subscription.cancel();
      const keys = numbered(50);
      await stage.publishAll(keys);
      const second = await stage.listen(kept);
      expect(await second.heard(50)).toEqual(keys);
      expect(first.keys).toEqual([]);
    });

    it('holds its limit while its listener is away, the newest', async () => {
      const first = await stage.listen({ ...kept, limit_messages: 3 });
      await first.subscription.cancel();
      const keys = numbered(10);
      await stage.publishAll(keys);
      const second = await stage.listen({ ...kept, limit_messages: 3 });
      expect(await second.heard(3)).toEqual(keys.slice(-3));
      await stage.publish('last');
      expect(await second.heard(4)).toEqual([...keys.slice(-3), 'last']);
    });

    it('loses nothing and gives nothing twice when its listener goes in the middle', async () => {
      const keys = numbered(200);
      const first = await stage.listen({ ...kept, in_flight_max: 7 });
      const published = stage.publishAll(keys);
      await first.calls.count(20);
      await first.subscription.cancel();
      await published;
      const second = await stage.listen({ ...kept, in_flight_max: 7 });
      await second.calls.until((calls) => calls.at(-1)?.envelope.key === keys.at(-1));
      expect([...first.keys, ...second.keys]).toEqual(keys);
    });

    it('does not give again what a handler resolved or refused after it was cancelled', async () => {
      const first = await stage.listen({ ...kept, holds: true });
      await stage.publishAll(['resolved', 'refused']);
      const [resolved, refused] = await first.calls.count(2);
      await first.subscription.cancel();
      resolved?.take();
      refused?.refuse();
      await first.drops.count(1);
      const second = await stage.listen(kept);
      await stage.publish('new');
      expect(await second.heard(1)).toEqual(['new']);
    });

    it('gives each message to one of its listeners, and lets them work at once', async () => {
      const options = { ...kept, in_flight_max: 1, holds: true };
      const ears = await Promise.all([stage.listen(options), stage.listen(options)]);
      const keys = numbered(20);
      await stage.publishAll(keys);
      for (let handed = 1; handed <= 10; handed++) {
        const calls = await Promise.all(ears.map((ear) => ear.calls.count(handed)));
        for (const [call] of calls.map((each) => each.slice(handed - 1))) call?.take();
      }
      expect(ears.flatMap((ear) => ear.keys).sort()).toEqual(keys);
    });

    it('of another name gets every message too', async () => {
      const keys = numbered(20);
      const ears = await Promise.all([
        stage.listen({ ...kept, name: 'one' }),
        stage.listen({ ...kept, name: 'another' }),
      ]);
      await stage.publishAll(keys);
      for (const ear of ears) expect(await ear.heard(20)).toEqual(keys);
    });

    if (stage.features.spans_processes) {
      it('is shared by listeners on other buses', async () => {
        const options = { ...kept, in_flight_max: 1, holds: true };
        const ears = await Promise.all([stage.listen(options), stage.listen(options, stage.join())]);
        await stage.publishAll(['a', 'b']);
        await Promise.all(ears.map((ear) => ear.calls.count(1)));
        expect(ears.flatMap((ear) => ear.keys).sort()).toEqual(['a', 'b']);
      });
    }

    if (stage.features.outlives_process) {
      it('outlives the bus that asked for it', async () => {
        const keys = numbered(20);
        await stage.listen(kept);
        await stage.bus.close();
        const later = stage.join();
        await stage.publishAll(keys, later);
        await later.close();
        expect(await (await stage.listen(kept, stage.join())).heard(20)).toEqual(keys);
      });

      it('gives again what its listener died over', async () => {
        const dying = await stage.listen({ ...kept, holds: true });
        await stage.publishAll(['settled', 'unsettled']);
        const [settled] = await dying.calls.count(2);
        settled?.take();
        await turn();
        await stage.bus.close();
        expect(await (await stage.listen(kept, stage.join())).heard(1)).toEqual(['unsettled']);
      });
    }
  });
}
