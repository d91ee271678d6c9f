// What anyone expects of a machine, and no band sees.

import type { Severity } from '@ganglion/topics';

/** An expectation as its owner writes it. */
export interface Expectation {
  readonly name?: string;
  readonly that: string;
  readonly for_ms?: number;
  readonly clear_ms?: number;
  readonly severity?: Severity;
  readonly machines?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly sentence?: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** By name, so that each can be left out or said otherwise. */
export const USUAL: Readonly<Record<string, Expectation>> = {
  // Memory.
  oom_kill: {
    that: 'paging.oom_kills never rises',
    clear_ms: 10 * MINUTE_MS,
    for_ms: 0,
    sentence: 'The kernel killed a task for want of memory',
  },
  unit_oom_kill: {
    that: 'cgroups.units.*.oom_kills never rises',
    clear_ms: 10 * MINUTE_MS,
    for_ms: 0,
    sentence: 'A task of {element} was killed for want of memory',
  },
  thrashing: {
    that: 'paging.swapped_in_pages_per_second < 2_000',
    for_ms: MINUTE_MS,
    sentence: 'Thrashing: {value} pages a second are read back from swap',
  },
  memory_stall: {
    that: 'pressure.memory.full_60_percentage < 20',
    for_ms: MINUTE_MS,
    sentence: 'All work waited for memory {value} % of the last minute',
  },
  // Storage.
  read_only: {
    that: 'file_systems.mounts.*.read_only never rises',
    for_ms: 0,
    clear_ms: 0,
    severity: 'critical',
    sentence: 'The file system {element} has become read-only',
  },
  inodes: {
    that: 'file_systems.mounts.*.inodes_percentage < 90',
    for_ms: MINUTE_MS,
    sentence: 'Inodes of {element} {value} % in use',
  },
  unanswered: {
    that: 'file_systems.unanswered.* absent',
    for_ms: MINUTE_MS,
    clear_ms: MINUTE_MS,
    sentence: 'The file system {element} does not answer',
  },
  slow_writes: {
    that: 'disks.devices.*.write_latency_ms < 500',
    for_ms: 2 * MINUTE_MS,
    sentence: 'A write to {element} takes {value} ms',
  },
  disk_failing: {
    that: 'disk_health.disks.*.passed = true',
    for_ms: 0,
    clear_ms: 0,
    severity: 'critical',
    sentence: 'The disk {element} judges itself to be failing',
  },
  disk_pending: {
    that: 'disk_health.disks.*.pending_sectors never rises',
    for_ms: 0,
    clear_ms: DAY_MS,
    sentence: 'Sectors of the disk {element} could not be read: {value}',
  },
  disk_uncorrectable: {
    that: 'disk_health.disks.*.uncorrectable_sectors never rises',
    for_ms: 0,
    clear_ms: DAY_MS,
    sentence: 'Sectors of the disk {element} could not be corrected: {value}',
  },
  disk_reallocated: {
    that: 'disk_health.disks.*.reallocated_sectors never rises',
    for_ms: 0,
    clear_ms: DAY_MS,
    sentence: 'The disk {element} has given up sectors: {value} by now',
  },
  disk_damaged: {
    that: 'disk_health.disks.*.media_errors never rises',
    for_ms: 0,
    clear_ms: DAY_MS,
    sentence: 'Data on the disk {element} was damaged: {value} times by now',
  },
  disk_worn: {
    that: 'disk_health.disks.*.worn_percentage < 90',
    for_ms: 0,
    sentence: 'The disk {element} is {value} % worn',
  },
  disk_spare: {
    that: 'disk_health.disks.*.spare_percentage > 10',
    for_ms: 0,
    sentence: 'The disk {element} has {value} % of its spare space left',
  },
  // Network.
  receive_errors: {
    that: 'network.interfaces.*.receive_errors_per_second < 1',
    for_ms: 20_000,
    clear_ms: MINUTE_MS,
    sentence: '{value} packets a second come damaged on {element}',
  },
  send_errors: {
    that: 'network.interfaces.*.send_errors_per_second < 1',
    for_ms: 20_000,
    clear_ms: MINUTE_MS,
    sentence: '{value} packets a second cannot be sent on {element}',
  },
  receive_drops: {
    that: 'network.interfaces.*.receive_drops_per_second < 10',
    for_ms: 20_000,
    clear_ms: MINUTE_MS,
    sentence: '{value} packets a second are dropped on receiving on {element}',
  },
  send_drops: {
    that: 'network.interfaces.*.send_drops_per_second < 10',
    for_ms: 20_000,
    clear_ms: MINUTE_MS,
    sentence: '{value} packets a second are dropped on sending on {element}',
  },
  retransmissions: {
    that: 'sockets.tcp_retransmitted_segments_per_second <= 5 % of tcp_sent_segments_per_second',
    for_ms: 30_000,
    clear_ms: MINUTE_MS,
    sentence: '{value} TCP segments a second are sent again, more than {limit}',
  },
  listen_overflow: {
    that: 'sockets.listen_overflows_per_second < 1',
    for_ms: 30_000,
    sentence: '{value} TCP connections a second are refused: too many wait to be accepted',
  },
  conntrack: {
    that: 'conntrack.connections < 95 % of connections_max',
    for_ms: 10_000,
    severity: 'critical',
    sentence: 'Connection tracking is nearly full: {value} of {limit} and few more',
  },
  // Programs.
  unit_failed: {
    that: 'units.failed_units.* absent',
    for_ms: 0,
    clear_ms: 0,
    sentence: '{element} has failed',
  },
  throttled: {
    that: 'cgroups.units.*.throttled_percentage < 50',
    for_ms: 2 * MINUTE_MS,
    sentence: '{element} has to wait for CPU in {value} % of its time: its limit is low',
  },
  unit_memory: {
    that: 'cgroups.units.*.memory_percentage < 95',
    for_ms: MINUTE_MS,
    sentence: '{element} uses {value} % of the memory that it may',
  },
  threads: {
    that: 'processes.threads < 90 % of threads_max',
    for_ms: MINUTE_MS,
    sentence: '{value} threads, few fewer than there may be',
  },
  // The machine.
  clock_lost: {
    that: 'system.clock_synchronized never falls',
    for_ms: 0,
    clear_ms: 0,
    sentence: 'Nobody sets the clock any more',
  },
  too_hot: {
    that: 'sensors.temperatures.*.celsius < critical_celsius',
    for_ms: 10_000,
    severity: 'critical',
    sentence: '{element} is {value} °C hot: harmful from {limit} °C on',
  },
  hot: {
    that: 'sensors.temperatures.*.celsius < 95',
    for_ms: 20_000,
    clear_ms: MINUTE_MS,
    sentence: '{element} is {value} °C hot',
  },
};
