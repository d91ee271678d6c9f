// Whether the tracker's memory stays what it is: all probes, a sample a second, for an hour or as long as is asked. Takes too
// long to be part of the whole: `npm run bench -- growth --minutes 60`.

import { type Sample, slopeOf } from '../chaos/slope.ts';
import type { Bench } from './context.ts';
import { memoryOf, startGanglion } from './processes.ts';
import { alone, type Row } from './report.ts';

/** Until what runs seldom has run. Not counted. */
const SETTLE_MS = 300_000;

const SAMPLE_MS = 10_000;

/** Samples that are folded into one: ten minutes have collections of all kinds. */
const BATCH = 30;

export async function measureGrowth({ url, quick, minutes, say }: Bench): Promise<Row[]> {
  const program = await startGanglion('tracker', '--broker', url, '--exchange', 'bench-growth', '--interval', '1s');
  try {
    say(`growth: a tracker for ${minutes} minutes`);
    await pause(quick ? 1_000 : SETTLE_MS);
    const samples: { resident: Sample; own: Sample }[] = [];
    const began_ms = performance.now();
    const step_ms = quick ? 500 : SAMPLE_MS;
    const watched_ms = quick ? 5_000 : minutes * 60_000 - SETTLE_MS;
    for (let at_ms = 0; at_ms < watched_ms; at_ms += step_ms) {
      await pause(began_ms + at_ms - performance.now());
      const { resident_bytes, private_bytes } = memoryOf(program.pid);
      const at_s = at_ms / 1_000;
      samples.push({
        resident: { at_s, megabytes: resident_bytes / 1e6 },
        own: { at_s, megabytes: private_bytes / 1e6 },
      });
    }
    const row = (what: string, of_each: readonly Sample[]) => {
      const { megabytes_per_hour, error, min, max } = slopeOf(of_each, quick ? 1 : BATCH);
      say(
        `growth: ${what} ${megabytes_per_hour.toFixed(2)} ± ${error.toFixed(2)} MB/h, ${min.toFixed(1)} to ${max.toFixed(1)} MB`,
      );
      return alone({
        part: 'growth',
        what: `tracker at one second for ${minutes} minutes: ${what}, growth`,
        unit: 'MB/h',
        ours: megabytes_per_hour,
        details: { error_megabytes_per_hour: error, min, max, samples: of_each },
      });
    };
    return [
      row(
        'memory, resident',
        samples.map(({ resident }) => resident),
      ),
      row(
        'memory, its own',
        samples.map(({ own }) => own),
      ),
    ];
  } finally {
    await program.stop();
  }
}

function pause(duration_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, duration_ms)));
}
