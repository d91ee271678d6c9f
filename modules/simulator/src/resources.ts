// What the resources of a simulated machine say, given how much work there is: network, disks, file systems, sockets and the
// rest, under a tracker's names and as seldom as a tracker reads them. Chance and faults move them as they would on a real one.

import { type Fault, type FaultName, progressOf } from './faults.ts';
import type { Kind } from './kinds.ts';
import type { Random } from './random.ts';
import { clamp, percentage, rounded } from './round.ts';

const GIGABYTE = 1e9;
const MEGABYTE = 1e6;
const HOUR_MS = 3_600_000;

/** What is read seldom is read anew after so long, in milliseconds. */
const LOAD_MS = 5_000;
const SPACE_MS = 10_000;
const SYSTEM_MS = 60_000;

/** What wanders around its usual value comes back to it in about this time. */
const WANDER_MS = 20_000;

/** A CPU heats up and cools down in about this time. */
const WARM_MS = 60_000;

const LINK_BITS_PER_SECOND = 10e9;
const PACKET_BYTES = 800;
const OPEN_MAX = 1_048_576;

/** The CPU's cores: how slow and how fast they may run, and how slow they are made when they are too hot. */
const SLOWEST_HERTZ = 1.2e9;
const FASTEST_HERTZ = 3.5e9;
const THROTTLED_HERTZ = 0.8e9;

/** A machine at one moment. Shares are of the whole machine, 0 to 1. */
export interface Moment {
  readonly at_ms: number;
  readonly elapsed_ms: number;
  /** Hour of its day: 24 is the second midnight. */
  readonly hour: number;
  readonly work: number;
  /** The same, averaged over a minute. */
  readonly load: number;
  /** Of the memory, what is in use. */
  readonly memory: number;
  readonly fault: Fault | undefined;
}

/** Resources by name, and their headlines. */
type Figures = Record<string, unknown>;

export class Resources {
  readonly #kind: Kind;
  readonly #cores: number;
  readonly #memory_bytes: number;
  readonly #random: Random;
  /** What one machine has and another of its kind has not. */
  readonly #own;
  /** Logarithms of what wanders around 1. */
  readonly #wander = { received: 0, sent: 0, disk: 0, sockets: 0, switches: 0 };
  #transfer_from_ms = 0;
  #transfer_until_ms = 0;
  #transfer_bytes = 0;
  #warmth: number;
  #often: Figures = {};
  #often_ms = Number.NEGATIVE_INFINITY;
  #space: Figures = {};
  #space_ms = Number.NEGATIVE_INFINITY;
  #system: Figures = {};
  #system_ms = Number.NEGATIVE_INFINITY;

  constructor(kind: Kind, cores: number, memory_bytes: number, random: Random) {
    this.#kind = kind;
    this.#cores = cores;
    this.#memory_bytes = memory_bytes;
    this.#random = random;
    this.#own = {
      traffic: random.between(0.5, 1.5),
      disk_bytes: Math.round(random.between(60, 400)) * GIGABYTE,
      disk_used: random.between(0.2, 0.7),
      disk_day: random.between(0.002, 0.02),
      latency_ms: random.between(0.3, 2.5),
      celsius: random.between(32, 46),
      swap_used: random.between(0, 0.06),
      drift_ppm: random.around() * 8,
      power_on_hours: Math.round(random.between(500, 40_000)),
    };
    this.#warmth = kind.quiet;
    this.#nextTransfer(0);
  }

  /** All that a tracker tells beside CPU, memory and load. */
  next(moment: Moment): Figures {
    const { at_ms, elapsed_ms, fault, work } = moment;
    const wander = this.#wander;
    const kept = Math.exp(-elapsed_ms / WANDER_MS);
    const step = Math.sqrt(1 - kept * kept);
    for (const each of WANDERERS) wander[each] = wander[each] * kept + this.#random.around() * 0.2 * step;
    while (at_ms >= this.#transfer_until_ms) this.#nextTransfer(this.#transfer_until_ms);
    this.#warmth += (work - this.#warmth) * (1 - Math.exp(-elapsed_ms / WARM_MS));

    const transfer_bytes = at_ms >= this.#transfer_from_ms ? this.#transfer_bytes : 0;
    const received_bytes = this.#traffic(work, wander.received) + transfer_bytes;
    const disk = this.#disk(moment, transfer_bytes);
    const network = this.#network(moment, received_bytes);
    if (at_ms - this.#often_ms >= LOAD_MS) {
      this.#often = this.#readOften(moment, network.segments_per_second, disk.busy);
      this.#often_ms = at_ms;
    }
    if (at_ms - this.#space_ms >= SPACE_MS) {
      this.#space = this.#readSpace(moment);
      this.#space_ms = at_ms;
    }
    if (at_ms - this.#system_ms >= SYSTEM_MS) {
      this.#system = this.#readSystem(is(fault, 'lost_clock'));
      this.#system_ms = at_ms;
    }
    return {
      disks_percentage: percentage(disk.busy),
      network_percentage: percentage((Math.max(network.received, network.sent) * 8) / LINK_BITS_PER_SECOND),
      disks: { busiest: 'nvme0n1', devices: { nvme0n1: disk.figures } },
      network: { fullest: 'eth0', interfaces: { eth0: network.figures } },
      pressure: this.#pressure(moment, disk.busy),
      paging: this.#paging(moment),
      ...this.#often,
      ...this.#space,
      ...this.#system,
    };
  }

  /** Interrupts and the like, which stand beside the CPU's use. */
  cpu(work: number): Figures {
    const rate = this.#cores * (400 + 5_000 * work) * Math.exp(this.#wander.switches);
    return {
      context_switches_per_second: rounded(rate),
      interrupts_per_second: rounded(rate * 0.7 + this.#cores * 100),
      forks_per_second: rounded((1 + work * 12) * Math.exp(this.#wander.sockets)),
    };
  }

  #traffic(work: number, wander: number): number {
    const quick = Math.exp(this.#random.around() * 0.12);
    return this.#kind.traffic_megabytes * MEGABYTE * this.#own.traffic * (0.03 + work) * Math.exp(wander) * quick;
  }

  #network({ fault, work }: Moment, wanted_bytes: number) {
    const lost = is(fault, 'packet_loss') ? 0.03 + 0.2 * strengthOf(fault) : 0;
    // TCP slows down long before the link is full of what is sent again.
    const received = wanted_bytes * (lost > 0 ? 0.35 : 1);
    const sent = this.#traffic(work, this.#wander.sent) * 0.8 * (lost > 0 ? 0.5 : 1);
    const packets = received / PACKET_BYTES;
    const stray = this.#random.next() < 0.002 ? 1 : 0;
    return {
      received,
      sent,
      segments_per_second: { received: packets, sent: sent / PACKET_BYTES, lost },
      figures: {
        up: true,
        speed_bits_per_second: LINK_BITS_PER_SECOND,
        received_bytes_per_second: rounded(received),
        sent_bytes_per_second: rounded(sent),
        received_packets_per_second: rounded(packets),
        sent_packets_per_second: rounded(sent / PACKET_BYTES),
        receive_errors_per_second: rounded(packets * lost * 0.3),
        send_errors_per_second: 0,
        receive_drops_per_second: rounded(packets * lost * 0.7 + stray),
        send_drops_per_second: 0,
      },
    };
  }

  #disk({ fault, work }: Moment, transfer_bytes: number) {
    const wander = Math.exp(this.#wander.disk);
    const quick = Math.exp(this.#random.around() * 0.15);
    const dying = is(fault, 'dying_disk');
    const filling = is(fault, 'disk_filling') ? this.#fillRate(fault) : 0;
    const slower = dying ? 40 + 200 * strengthOf(fault) : 1;
    const through = dying ? 0.3 : 1;
    const full_bytes = this.#kind.disk_megabytes * MEGABYTE * this.#own.traffic;
    const read = full_bytes * (0.01 + work) * wander * 0.4 * through;
    const written = (full_bytes * (0.02 + work) * quick * wander * 0.6 + transfer_bytes * 0.5) * through + filling;
    const reads = read / 16_000;
    const writes = written / 24_000;
    const latency_ms = this.#own.latency_ms * quick * (1 + work) * slower;
    const busy = clamp(((reads + writes) * latency_ms) / 1_000 / 32 + (dying ? 0.8 : 0.002), 0, 1);
    return {
      busy,
      figures: {
        busy_percentage: percentage(busy),
        read_bytes_per_second: rounded(read),
        written_bytes_per_second: rounded(written),
        reads_per_second: rounded(reads),
        writes_per_second: rounded(writes),
        read_latency_ms: rounded(latency_ms * 0.7),
        write_latency_ms: rounded(latency_ms),
        flush_latency_ms: rounded(latency_ms * 2),
        queue: rounded(((reads + writes) * latency_ms) / 1_000 + (dying ? 4 : 0)),
      },
    };
  }

  #pressure({ fault, work, memory }: Moment, busy: number): Figures {
    const cpu = clamp((work - 0.5) * 1.2 + 0.02 * this.#random.next(), 0, 1);
    const io = is(fault, 'dying_disk') ? 0.5 + 0.4 * this.#random.next() : busy * 0.3 * this.#random.next();
    const swapping = clamp((memory - 0.9) * 8, 0, 0.8) * this.#random.next();
    return {
      cpu: { some_percentage: percentage(cpu) },
      memory: { some_percentage: percentage(swapping), full_percentage: percentage(swapping * 0.6) },
      io: { some_percentage: percentage(io), full_percentage: percentage(io * 0.7) },
    };
  }

  #paging({ memory, work }: Moment): Figures {
    const swapping = clamp((memory - 0.9) * 20_000, 0, 2_000);
    return {
      faults_per_second: rounded(200 + work * 20_000 * Math.exp(this.#wander.switches)),
      major_faults_per_second: rounded(swapping * 0.2 + (this.#random.next() < 0.03 ? 1 : 0)),
      swapped_in_pages_per_second: rounded(swapping * 0.4),
      swapped_out_pages_per_second: rounded(swapping),
      oom_kills: 0,
    };
  }

  #readOften({ work, load, fault, memory }: Moment, segments: Segments, busy: number): Figures {
    const connections = this.#kind.connections * this.#own.traffic * (0.3 + load) * Math.exp(this.#wander.sockets);
    const waiting = is(fault, 'dying_disk')
      ? 3 + Math.round(this.#random.next() * 12)
      : this.#random.next() < busy
        ? 1
        : 0;
    const running = Math.max(1, Math.round(work * this.#cores));
    const total = 110 + this.#cores * 8 + Math.round(load * 30);
    const again = segments.sent * (0.0002 + segments.lost) * Math.exp(this.#random.around() * 0.3);
    const heat = is(fault, 'throttling') ? 96 + this.#random.next() * 4 : undefined;
    const speed = is(fault, 'throttling')
      ? THROTTLED_HERTZ * (1 + 0.3 * this.#random.next())
      : SLOWEST_HERTZ + (FASTEST_HERTZ - SLOWEST_HERTZ) * clamp(0.25 + work * 1.5 + this.#random.around() * 0.08, 0, 1);
    const open = Math.round(900 + total * 9 + connections);
    return {
      sockets: {
        used: Math.round(connections * 1.2 + 150),
        tcp_established: Math.round(connections),
        tcp_time_wait: Math.round(connections * 0.4),
        tcp_opened_per_second: rounded(connections * 0.02),
        tcp_accepted_per_second: rounded(connections * 0.05),
        tcp_failed_per_second: rounded(connections * segments.lost * 0.01),
        tcp_received_segments_per_second: rounded(segments.received),
        tcp_sent_segments_per_second: rounded(segments.sent),
        tcp_retransmitted_segments_per_second: rounded(again),
      },
      processes: {
        total,
        threads: total * 3 + Math.round(load * 200),
        running,
        sleeping: total - running - waiting,
        waiting,
        idle: 60,
        stopped: 0,
        zombies: 0,
        top: [
          {
            name: is(fault, 'runaway') ? 'stuck' : this.#kind.name,
            process: is(fault, 'runaway') ? '4711@98000' : '812@1200',
            cpu_cores: rounded(work * this.#cores * 0.8),
            memory_bytes: Math.round(memory * this.#memory_bytes * 0.6),
          },
        ],
      },
      cpu_frequency: {
        min_hertz: Math.round(Math.min(speed, SLOWEST_HERTZ)),
        mean_hertz: Math.round(speed),
        max_hertz: Math.round(is(fault, 'throttling') ? speed * 1.1 : FASTEST_HERTZ),
        cores: this.#cores,
        governor: 'schedutil',
      },
      sensors: { hottest: 'coretemp Package id 0', hottest_celsius: Math.round(heat ?? this.#celsius()) },
      file_descriptors_percentage: percentage(open / OPEN_MAX),
      file_descriptors: { open, open_max: OPEN_MAX },
    };
  }

  #celsius(): number {
    return this.#own.celsius + 34 * this.#warmth + this.#random.around() * 0.5;
  }

  #readSpace({ at_ms, hour, fault, memory }: Moment): Figures {
    const { disk_bytes, disk_used, disk_day, swap_used } = this.#own;
    // Logs and data of the day, most of which the night clears away.
    const day = Math.floor(hour / 24);
    const usual = disk_used + disk_day * ((hour % 24) / 24) + disk_day * 0.05 * day;
    const used = is(fault, 'disk_filling') ? usual + (1 - usual) * progressOf(fault, at_ms) : usual;
    const swap_bytes = 4 * 1024 ** 3;
    const swap = clamp(swap_used + clamp((memory - 0.9) * 6, 0, 0.9), 0, 1);
    return {
      file_systems_percentage: percentage(used),
      file_systems: {
        fullest: '/',
        mounts: {
          '/': {
            used_percentage: percentage(used),
            total_bytes: disk_bytes,
            used_bytes: Math.round(used * disk_bytes),
            available_bytes: Math.round(clamp(1 - used, 0, 1) * disk_bytes),
            inodes_percentage: percentage(usual * 0.3),
            read_only: false,
            type: 'ext4',
          },
        },
      },
      swap_percentage: percentage(swap),
      swap: { total_bytes: swap_bytes, used_bytes: Math.round(swap * swap_bytes) },
    };
  }

  #readSystem(clock_lost: boolean): Figures {
    const { drift_ppm, power_on_hours } = this.#own;
    return {
      system: {
        reboot_required: false,
        clock_synchronized: !clock_lost,
        clock_drift_ppm: Math.round((drift_ppm + this.#random.around() * 0.2) * 1_000) / 1_000,
        clock_source: 'tsc',
      },
      disk_health: {
        failing: 0,
        disks: { nvme0n1: { passed: true, celsius: 36, power_on_hours, media_errors: 0, worn_percentage: 3 } },
      },
    };
  }

  /** So fast that it is full at the end. */
  #fillRate({ from_ms, until_ms }: Fault): number {
    return ((1 - this.#own.disk_used) * this.#own.disk_bytes) / ((until_ms - from_ms) / 1_000);
  }

  #nextTransfer(after_ms: number): void {
    const random = this.#random;
    this.#transfer_from_ms = after_ms + random.wait(HOUR_MS / this.#kind.transfers_per_hour);
    this.#transfer_until_ms = this.#transfer_from_ms + random.between(15_000, 90_000);
    this.#transfer_bytes = this.#kind.traffic_megabytes * MEGABYTE * random.between(0.3, 1.5);
  }
}

interface Segments {
  readonly received: number;
  readonly sent: number;
  /** Of all, how many are lost; 0 to 1. */
  readonly lost: number;
}

const WANDERERS = ['received', 'sent', 'disk', 'sockets', 'switches'] as const;

function is(fault: Fault | undefined, name: FaultName): fault is Fault {
  return fault?.name === name;
}

function strengthOf(fault: Fault | undefined): number {
  return fault?.strength ?? 0;
}
