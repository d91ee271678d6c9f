// What can go wrong with a simulated machine, and for how long.

/** For how long each lasts at least and at most, in milliseconds. */
export const FAULTS = {
  /** A process turns in a circle and takes every core. */
  runaway: [60_000, 300_000],
  /** Memory fills up, until the process that loses it is started again. */
  leak: [180_000, 900_000],
  /** A program writes until the file system is full. */
  disk_filling: [600_000, 1_800_000],
  /** A bad cable or a full switch: packets are lost, and sent again. */
  packet_loss: [120_000, 600_000],
  /** The CPU is too hot, and runs slower. */
  throttling: [180_000, 900_000],
  /** The disk tries again and again before it answers. */
  dying_disk: [180_000, 900_000],
  /** Nobody sets the clock any more. */
  lost_clock: [300_000, 1_800_000],
  /** It says nothing. */
  silence: [5_000, 120_000],
} as const;

/** One of them. */
export type FaultName = keyof typeof FAULTS;

/** All of them. */
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

/** What is wrong now. */
export interface Fault {
  readonly name: FaultName;
  readonly from_ms: number;
  readonly until_ms: number;
  /** How bad it is: 0 as mild as it comes, to 1. */
  readonly strength: number;
}

/** How much of its time has passed, 0 to 1. */
export function progressOf({ from_ms, until_ms }: Fault, at_ms: number): number {
  return Math.min(1, Math.max(0, (at_ms - from_ms) / (until_ms - from_ms)));
}
