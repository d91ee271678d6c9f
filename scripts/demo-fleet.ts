// A small fleet that is not there, for the pictures in the papers: a module that publishes the measures of eleven
// machines, with curves that repeat from run to run.

import { defineModule } from '@ganglion/kernel';
import { measure } from '@ganglion/topics';

const INTERVAL_MS = 250;

/** Usual percentages of the CPU and of memory; `busy` begins to work hard after so many samples. */
const MACHINES: readonly { name: string; cpu: number; memory: number; busy?: number }[] = [
  { name: 'api-01.example.com', cpu: 18, memory: 41 },
  { name: 'api-02.example.com', cpu: 12, memory: 33 },
  { name: 'backup', cpu: 6, memory: 12 },
  { name: 'build-runner-07', cpu: 22, memory: 55, busy: 200 },
  { name: 'Büro Süd', cpu: 9, memory: 22 },
  { name: 'cache-1', cpu: 14, memory: 20 },
  { name: 'db-01.example.com', cpu: 35, memory: 62 },
  { name: 'db-02.example.com', cpu: 20, memory: 58 },
  { name: 'edge-fra', cpu: 7, memory: 18 },
  { name: 'edge-lon', cpu: 8, memory: 19 },
  { name: 'mail', cpu: 4, memory: 23 },
];

export default defineModule({
  name: 'demo-fleet',
  publishes: { measure },
  start: ({ emit, stopping }) => {
    const random = seededRandom(2016);
    const walks = MACHINES.map(() => 0);
    let sample = 0;
    const timer = setInterval(() => {
      sample++;
      for (const [index, { name, cpu, memory, busy }] of MACHINES.entries()) {
        // A walk that leans back to its middle: quiet for a while, then a bump.
        walks[index] = 0.94 * (walks[index] ?? 0) + (random() - 0.5) * cpu * 0.35;
        const work = busy !== undefined && sample > busy ? 82 : cpu;
        const cpu_percentage = percentage(work + (walks[index] ?? 0));
        const load_percentage = percentage(work * 0.8 + (walks[index] ?? 0) * 0.5);
        const memory_percentage = percentage(memory + (walks[index] ?? 0) * 0.05);
        void emit(measure(name, { cpu_percentage, memory_percentage, load_percentage }));
      }
    }, INTERVAL_MS);
    stopping.addEventListener('abort', () => clearInterval(timer));
  },
});

function percentage(value: number): number {
  return Math.round(Math.min(100, Math.max(0, value)) * 100) / 100;
}

/** Numbers from 0 to 1 that repeat from run to run (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
