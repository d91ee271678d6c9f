// What a machine is, beside what it does: told in the tracker's pulse, and by presence in the machine's birth.

import type os from 'node:os';

/** A machine's self-description. */
export interface MachineDescription {
  readonly name: string;
  /** The time between two of its measures. */
  readonly interval_ms: number;
  /** The operating system and its release: `Linux 6.1.0-18-amd64`. */
  readonly system: string;
  /** Node's name of the processor's architecture: `x64`, `arm64`. */
  readonly architecture: string;
  /** CPUs that the tracker sees. */
  readonly cores: number;
  readonly memory_bytes: number;
  /** When the machine started, epoch milliseconds, to the second. */
  readonly started_ms: number;
  /** What its owner calls it by: `site`: `berlin`. Absent when there is none. */
  readonly labels?: Labels;
}

/** Texts by names, as the settings have them. */
export type Labels = Readonly<Record<string, string>>;

type Os = Pick<typeof os, 'arch' | 'cpus' | 'release' | 'totalmem' | 'type' | 'uptime'>;

/** Describes the machine that this process runs on. */
export function describeMachine(
  name: string,
  interval_ms: number,
  os: Os,
  labels: Labels = {},
  now_ms: number = Date.now(),
): MachineDescription {
  return {
    name,
    interval_ms,
    system: `${os.type()} ${os.release()}`,
    architecture: os.arch(),
    cores: os.cpus().length,
    memory_bytes: os.totalmem(),
    started_ms: Math.round(now_ms / 1000 - os.uptime()) * 1000,
    ...(Object.keys(labels).length > 0 && { labels }),
  };
}
