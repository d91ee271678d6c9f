// What a measure and its analysis look like: the sizes and shapes that the tracker of a machine with sixty-four cores sends.

import type { Analysis, Measure } from '@ganglion/topics';

const CORES = 64;

/** The measure of one machine; each machine has other figures. */
export function measureOf(machine: number): Measure {
  const figure = (n: number) => ((machine * 7919 + n * 104_729) % 10_000) / 100;
  const bytes = (n: number) => Math.round(figure(n) * 2 ** 28);
  return {
    cpu_percentage: figure(0),
    memory_percentage: figure(1),
    swap_percentage: figure(2),
    load_percentage: figure(3),
    cpu: {
      cores: CORES,
      core_percentages: Array.from({ length: CORES }, (_, core) => figure(10 + core)),
      user_percentage: figure(4),
      nice_percentage: 0,
      system_percentage: figure(5),
      idle_percentage: figure(6),
      iowait_percentage: 0.31,
      irq_percentage: 0,
      softirq_percentage: 0.12,
      steal_percentage: 0,
      guest_percentage: 0,
      guest_nice_percentage: 0,
    },
    memory: {
      total_bytes: 2 ** 35,
      available_bytes: bytes(40),
      available_from: 'kernel',
      used_bytes: bytes(41),
      free_bytes: bytes(42),
      cached_bytes: bytes(43),
      buffers_bytes: bytes(44),
      shared_bytes: bytes(45),
      dirty_bytes: bytes(46),
      writeback_bytes: 0,
    },
    swap: { total_bytes: 2 ** 33, free_bytes: bytes(47), used_bytes: bytes(48), cached_bytes: bytes(49) },
    load: { load_1: figure(50) / 10, load_5: figure(51) / 10, load_15: figure(52) / 10, runnable: 3, tasks: 812 },
  };
}

/** What the bare relay answers: as many bytes as the analysis of such a measure. */
export const ANALYSIS = Buffer.from(
  JSON.stringify({
    cpu_percentage: 12.34,
    cpu_result: 'LOW',
    memory_percentage: 43.21,
    memory_result: 'MEDIUM',
    swap_percentage: 10.01,
    swap_result: 'LOW',
    load_percentage: 87.65,
    load_result: 'HIGH',
  } satisfies Analysis),
);
