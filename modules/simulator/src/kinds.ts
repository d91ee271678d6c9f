// The kinds of machines there are: what each has, and how it spends its day.

/** What machines of one kind have in common. Shares are of the whole machine, 0 to 1. */
export interface Kind {
  /** The front of their names. */
  readonly name: string;
  /** Of all machines, how many are of this kind; taken against the sum of all. */
  readonly weight: number;
  readonly cores: readonly number[];
  readonly memory_gibibytes: readonly number[];
  /** The CPU's use in the quiet of the night, and what the busiest hour adds. */
  readonly quiet: number;
  readonly day: number;
  /** The busiest hour of its day, 0 to 24. */
  readonly busiest_hour: number;
  /** How restless it is from sample to sample. */
  readonly restless: number;
  /** Bursts of work: how often an hour, how long in seconds, and how much of the CPU they take. */
  readonly bursts_per_hour: number;
  readonly burst_s: number;
  readonly burst: number;
  /** Memory in use when it does nothing, and how much of it follows the work. */
  readonly memory: number;
  readonly memory_by_work: number;
  /** What its network and its disk carry when every core works, and the connections it then has. */
  readonly traffic_megabytes: number;
  readonly disk_megabytes: number;
  readonly connections: number;
  /** Large files that it is sent: how often an hour. */
  readonly transfers_per_hour: number;
}

export const KINDS: readonly Kind[] = [
  {
    name: 'web',
    weight: 30,
    cores: [4, 8],
    memory_gibibytes: [8, 16],
    quiet: 0.06,
    day: 0.3,
    busiest_hour: 20,
    restless: 0.03,
    bursts_per_hour: 4,
    burst_s: 25,
    burst: 0.25,
    memory: 0.35,
    memory_by_work: 0.25,
    traffic_megabytes: 40,
    disk_megabytes: 10,
    connections: 2000,
    transfers_per_hour: 1,
  },
  {
    name: 'db',
    weight: 12,
    cores: [8, 16, 32],
    memory_gibibytes: [64, 128],
    quiet: 0.12,
    day: 0.25,
    busiest_hour: 14,
    restless: 0.04,
    bursts_per_hour: 2,
    burst_s: 90,
    burst: 0.3,
    memory: 0.6,
    memory_by_work: 0.12,
    traffic_megabytes: 60,
    disk_megabytes: 150,
    connections: 400,
    transfers_per_hour: 1.5,
  },
  {
    name: 'cache',
    weight: 8,
    cores: [4],
    memory_gibibytes: [32, 64],
    quiet: 0.04,
    day: 0.12,
    busiest_hour: 20,
    restless: 0.02,
    bursts_per_hour: 1,
    burst_s: 15,
    burst: 0.15,
    memory: 0.64,
    memory_by_work: 0.08,
    traffic_megabytes: 120,
    disk_megabytes: 2,
    connections: 3000,
    transfers_per_hour: 0.5,
  },
  {
    name: 'worker',
    weight: 25,
    cores: [8, 16],
    memory_gibibytes: [16, 32],
    quiet: 0.1,
    day: 0.15,
    busiest_hour: 3,
    restless: 0.05,
    bursts_per_hour: 6,
    burst_s: 120,
    burst: 0.5,
    memory: 0.25,
    memory_by_work: 0.4,
    traffic_megabytes: 25,
    disk_megabytes: 40,
    connections: 120,
    transfers_per_hour: 3,
  },
  {
    name: 'build',
    weight: 10,
    cores: [16, 32],
    memory_gibibytes: [32, 64],
    quiet: 0.02,
    day: 0.05,
    busiest_hour: 11,
    restless: 0.02,
    bursts_per_hour: 5,
    burst_s: 180,
    burst: 0.85,
    memory: 0.15,
    memory_by_work: 0.5,
    traffic_megabytes: 30,
    disk_megabytes: 120,
    connections: 60,
    transfers_per_hour: 4,
  },
  {
    name: 'edge',
    weight: 15,
    cores: [2],
    memory_gibibytes: [2, 4],
    quiet: 0.05,
    day: 0.1,
    busiest_hour: 18,
    restless: 0.02,
    bursts_per_hour: 1,
    burst_s: 20,
    burst: 0.2,
    memory: 0.4,
    memory_by_work: 0.15,
    traffic_megabytes: 6,
    disk_megabytes: 3,
    connections: 300,
    transfers_per_hour: 0.5,
  },
];
