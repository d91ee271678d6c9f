// Machines with sixty figures each, as a tracker's measures have them: percentages with two decimals that wander, counts and bytes
// that move a little, rates, and what does not change for hours.

/** Figures of a measure. */
export const FIGURES = 60;

export interface Fleet {
  readonly names: readonly string[];
  /** The next measure of a machine. */
  measureOf(machine: number): object;
}

/** A fleet, the same each time. */
export function fleetOf(machines: number, seed = 2016): Fleet {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const works = Float64Array.from({ length: machines }, () => random() * 0.5);
  const used = Float64Array.from({ length: machines }, () => random() * 2 ** 34);
  let sequence = 0;
  const percentage = (share: number) => Math.round(Math.min(1, Math.max(0, share)) * 10_000) / 100;
  const about = (share: number) => percentage(share * (0.7 + 0.6 * random()));
  return {
    names: Array.from(
      { length: machines },
      (_, i) => `site${1 + Math.floor(i / 250)}.db-${String(i).padStart(4, '0')}`,
    ),
    measureOf(machine) {
      const work = Math.min(0.98, Math.max(0.01, (works[machine] as number) + (random() - 0.5) * 0.1));
      works[machine] = work;
      const used_bytes = Math.round((used[machine] as number) / 4_096 + (random() - 0.5) * 2_000) * 4_096;
      used[machine] = used_bytes;
      const total_bytes = 2 ** 35;
      const quiet = random() < 0.6;
      const bytes = () => (quiet ? 0 : Math.round(random() * 200_000));
      return {
        cpu_percentage: percentage(work),
        memory_percentage: percentage(used_bytes / total_bytes),
        disks_percentage: quiet ? 0 : about(work / 4),
        network_percentage: about(work / 50),
        sequence: ++sequence,
        cpu: {
          cores: 8,
          user_percentage: percentage(work * 0.7),
          system_percentage: percentage(work * 0.2),
          iowait_percentage: quiet ? 0 : percentage(work * 0.05),
          steal_percentage: 0,
          core_percentages: Array.from({ length: 8 }, () => about(work)),
        },
        memory: {
          total_bytes,
          used_bytes,
          available_bytes: total_bytes - used_bytes,
          cached_bytes: Math.round(used_bytes / 8_192) * 4_096,
          buffers_bytes: 268_435_456,
          swap_total_bytes: 2 ** 31,
          swap_used_bytes: 1_048_576,
          dirty_bytes: Math.round(random() * 500) * 4_096,
        },
        load: { load_1: Math.round(work * 800) / 100, load_5: Math.round(work * 700) / 100, tasks: 412, runnable: 3 },
        disks: {
          devices: ['sda', 'sdb'].map((name) => ({
            name,
            busy_percentage: quiet ? 0 : about(work / 4),
            read_bytes_per_second: 0,
            written_bytes_per_second: bytes(),
            reads_per_second: 0,
            writes_per_second: quiet ? 0 : Math.round(random() * 40),
          })),
        },
        network: {
          interfaces: ['eth0', 'eth1'].map((name) => ({
            name,
            received_bytes_per_second: Math.round(20_000 * work * (0.5 + random())),
            sent_bytes_per_second: Math.round(30_000 * work * (0.5 + random())),
            received_packets_per_second: Math.round(200 * work * (0.5 + random())),
            sent_packets_per_second: Math.round(200 * work * (0.5 + random())),
            errors_per_second: 0,
          })),
        },
        file_systems: ['/', '/var'].map((name) => ({
          name,
          used_percentage: 41.37,
          free_bytes: 2 ** 37 - Math.round(random() * 2) * 4_096,
          inodes_used_percentage: 3.2,
        })),
        tasks: { processes: 180, threads: 412, blocked: 0, created_per_second: Math.round(random() * 4) },
      };
    },
  };
}
