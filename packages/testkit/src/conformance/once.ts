// A module with a kept subscription on the bus: what comes twice is handled once.

import {
  defineModule,
  defineTopic,
  type Envelope,
  kept,
  type Pulse,
  pulse,
  runModule,
  silentLog,
} from '@ganglion/kernel';
import Type from 'typebox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Arrivals } from '../arrivals.ts';
import type { Stage } from './stage.ts';

const task = defineTopic('task', Type.Object({}));

/** A call of the module's handler, which the test settles. */
interface Work {
  readonly id: string;
  finish(): void;
  fail(): void;
}

export function once(stage: Stage): void {
  describe('a module that is given a message twice', () => {
    const start = async () => {
      const works = new Arrivals<Work>();
      const pulses = await stage.listen({ pattern: '#.pulse', name: 'pulses' });
      const module = defineModule({
        name: 'worker',
        listens: { task: kept(task, { limit_messages: 100, in_flight_max: 10, attempts_max: 1 }) },
        start: () => ({
          task: ({ id }) =>
            new Promise<void>((resolve, reject) => {
              works.push({ id, finish: resolve, fail: () => reject(new Error('failed by the test')) });
            }),
        }),
      });
      const running = await runModule(module, {
        bus: stage.bus,
        log: silentLog,
        pulse_interval_ms: 20,
        // What a test leaves unfinished is not waited for.
        stop_stage_ms: 50,
      });
      onTestFinished(() => running.stop());
      await running.ready;
      const duplicates = (n: number) =>
        pulses.calls.until((calls) => calls.reduce((sum, { envelope }) => sum + duplicatesIn(envelope), 0) >= n);
      return { works, duplicates };
    };
    const publish = (id: string) =>
      stage.bus.publish({ key: 'a.task', payload: Buffer.from('{}'), properties: { id, sender: 'sender' } });
    const ids = (works: Arrivals<Work>) => works.items.map(({ id }) => id);

    it('handles it once and counts the other', async () => {
      const { works, duplicates } = await start();
      await publish('1');
      (await works.count(1))[0]?.finish();
      await publish('2');
      (await works.count(2))[1]?.finish();
      await Promise.all([publish('1'), publish('2'), publish('3')]);
      await works.count(3);
      await duplicates(2);
      expect(ids(works)).toEqual(['1', '2', '3']);
    });

    it('lets the second wait for the first, and handles it when that has failed', async () => {
      const { works, duplicates } = await start();
      await Promise.all(['1', '1', '2', '2'].map(publish));
      (await works.count(1))[0]?.fail();
      // The second of the first comes after the others, as one that was given again does.
      for (const n of [2, 3]) (await works.count(n))[n - 1]?.finish();
      await duplicates(1);
      expect(ids(works).sort()).toEqual(['1', '1', '2']);
    });

    it('takes each that has no id for a new one', async () => {
      const { works } = await start();
      await Promise.all(['', ''].map(publish));
      (await works.count(1))[0]?.finish();
      await works.count(2);
    });

    const line = stage.features.can_lose_connection;
    if (line !== false) {
      it('because the connection was lost meanwhile, finishes it and is not given it a third time', async () => {
        const { works, duplicates } = await start();
        await publish('1');
        const [work] = await works.count(1);
        await line.cut();
        await line.restore();
        await publish('2');
        work?.finish();
        await duplicates(1);
        await works.count(2);
        expect(ids(works)).toEqual(['1', '2']);
      });
    }
  });
}

function duplicatesIn({ payload }: Envelope): number {
  const body: unknown = JSON.parse(Buffer.from(payload).toString());
  if (!pulse.check(body)) return 0;
  const { dropped }: Pulse = body;
  return dropped[task.family]?.['duplicate'] ?? 0;
}
