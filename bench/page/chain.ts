// From the sample to the pixel, a thousand machines, through everything.

import { alone, type Row } from '../report.ts';
import { median } from '../statistics.ts';
import { type AgeFigures, figuresOf } from './ages.ts';
import { type PageBench, pause, SETTLE_MS } from './context.ts';
import { startFleet } from './fleet.ts';
import { Watched } from './watched.ts';

const MACHINES = 1_000;
const ROUNDS = 3;
const DURATION_MS = 20_000;

export async function measureChain({ url, browser, quick, say }: PageBench): Promise<Row[]> {
  say(`chain: ${MACHINES} machines, simulator, analyzer and web`);
  const fleet = await startFleet(url, MACHINES, 'chain');
  const watched = await Watched.open(browser, fleet.address);
  try {
    await watched.ready(MACHINES);
    await pause(quick ? 2_000 : SETTLE_MS);
    const duration_ms = quick ? 3_000 : DURATION_MS;
    const rounds: AgeFigures[] = [];
    for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
      say(`chain: round ${round + 1}`);
      rounds.push(figuresOf(await watched.ages(duration_ms), (MACHINES * duration_ms) / 1_000));
    }
    const busy = await watched.busy(pause(duration_ms));
    await watched.profiled('chain', () => pause(duration_ms));
    const what = 'sample to pixel, 1,000 machines a second, full chain';
    const of = (key: 'p50_ms' | 'p99_ms') => median(rounds.map((round) => round[key]));
    return [
      alone({
        part: 'chain',
        what: `${what}, p50`,
        unit: 'ms',
        ours: of('p50_ms'),
        goal: { max: 25 },
        details: { rounds, busy },
      }),
      alone({ part: 'chain', what: `${what}, p99`, unit: 'ms', ours: of('p99_ms'), goal: { max: 50 } }),
      alone({ part: 'chain', what: 'the same: main thread busy', unit: '%', ours: busy.tasks_percentage }),
    ];
  } finally {
    await watched.close();
    await fleet.stop();
  }
}
