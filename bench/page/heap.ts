// Whether the page's memory stays what it is: after a collection, once a minute, while a thousand machines speak.

import { slopeOf } from '../../chaos/slope.ts';
import { alone, type Row } from '../report.ts';
import { type PageBench, pause, SETTLE_MS } from './context.ts';
import { startFleet } from './fleet.ts';
import { Watched } from './watched.ts';

const MACHINES = 1_000;
const MINUTE_MS = 60_000;

export async function measureHeap({ url, browser, quick, minutes, say }: PageBench): Promise<Row[]> {
  const fleet = await startFleet(url, MACHINES, 'chain');
  const watched = await Watched.open(browser, fleet.address);
  try {
    await watched.ready(MACHINES);
    await pause(quick ? 2_000 : SETTLE_MS);
    const step_ms = quick ? 2_000 : MINUTE_MS;
    const samples: { at_s: number; megabytes: number }[] = [];
    const began_ms = performance.now();
    for (let step = 0; step <= minutes; step++) {
      await pause(began_ms + step * step_ms - performance.now());
      const { objects_megabytes, arrays_megabytes } = await watched.heap();
      const megabytes = objects_megabytes + arrays_megabytes;
      samples.push({ at_s: (step * step_ms) / 1_000, megabytes });
      say(`heap: minute ${step} of ${minutes}, ${megabytes.toFixed(2)} MB`);
    }
    const { megabytes_per_hour, error, min, max } = slopeOf(samples, 1);
    const kilobytes_per_minute = (megabytes_per_hour * 1_000) / 60;
    say(`heap: ${kilobytes_per_minute.toFixed(1)} ± ${((error * 1_000) / 60).toFixed(1)} kB a minute`);
    return [
      alone({
        part: 'heap',
        what: `heap and arrays, 1,000 machines a second, growth in ${minutes} minutes`,
        unit: 'kB/min',
        ours: kilobytes_per_minute,
        details: { samples, error_kilobytes_per_minute: (error * 1_000) / 60, min, max },
      }),
    ];
  } finally {
    await watched.close();
    await fleet.stop();
  }
}
