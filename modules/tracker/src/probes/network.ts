// The network: what passes each interface between two readings, and how fast its link is.
//
// From /proc/net/dev, see proc(5), and /sys/class/net. What a machine says to itself (`lo`) is left out.

import Type, { type Static } from 'typebox';
import { CounterTable, type Device } from '../counter-table.ts';
import { BytesPerSecond, Count, PerSecond } from '../figures.ts';
import type { Folder } from '../host.ts';
import { defineProbe, percentageOf, type Reading } from '../probe.ts';
import { perSecond } from '../rate.ts';

/** Interfaces whose figures are in a measure; the others are counted. */
export const INTERFACES_MAX = 32;

/** The state of a link is read again after this time, of one link a sample: three files cost as much as a probe. */
export const LINK_MS = 10_000;

const Interface = Type.Object({
  up: Type.Optional(Type.Boolean({ title: 'Up' })),
  speed_bits_per_second: Type.Optional(PerSecond('Speed of the link', 'bit/s')),
  received_bytes_per_second: BytesPerSecond('Received'),
  sent_bytes_per_second: BytesPerSecond('Sent'),
  received_packets_per_second: PerSecond('Packets received'),
  sent_packets_per_second: PerSecond('Packets sent'),
  receive_errors_per_second: PerSecond('Errors on receiving'),
  send_errors_per_second: PerSecond('Errors on sending'),
  receive_drops_per_second: PerSecond('Dropped on receiving'),
  send_drops_per_second: PerSecond('Dropped on sending'),
});

type Interface = Static<typeof Interface>;

const schema = Type.Object({
  fullest: Type.Optional(Type.String({ title: 'The interface whose link is used most' })),
  interfaces: Type.Record(Type.String(), Interface, { title: 'By interface' }),
  left_out: Type.Optional(Count(`Interfaces beyond the first ${INTERFACES_MAX}`)),
});

type Figures = Static<typeof schema>;

export const network = defineProbe({
  name: 'network',
  schema,
  open: ({ proc, sys, now }) => {
    const table = new CounterTable(
      {
        path: '/proc/net/dev',
        head_lines: 2,
        beginning: /^ *([^:\s]+):/,
        columns: 16,
        follows: (name) => name !== 'lo',
      },
      now,
    );
    const links = new Links(sys, now);
    const read = () => proc?.read('net/dev', table.parse);
    read();
    return { read: () => (read() === undefined ? undefined : networkIn(table, links)) };
  },
});

/** What /sys says of an interface. */
interface Link {
  /** Undefined where the driver does not tell. */
  readonly up: boolean | undefined;
  readonly bits_per_second: number | undefined;
  /** Whether it stands for a device of hardware, or of what plays it. */
  readonly physical: boolean;
  readonly read_ms: number;
}

/** The links of the interfaces: read when they are new, and when it is their turn. */
class Links {
  readonly #sys: Folder | undefined;
  readonly #now: () => number;
  readonly #links = new WeakMap<Device, Link>();

  constructor(sys: Folder | undefined, now: () => number) {
    this.#sys = sys;
    this.#now = now;
  }

  of(device: Device): Link {
    return this.#links.get(device) ?? this.#read(device);
  }

  /** Reads the link that was read longest ago, if it is time. */
  refresh(devices: readonly Device[]): void {
    let oldest: Device | undefined;
    let oldest_ms = this.#now() - LINK_MS;
    for (const device of devices) {
      const { read_ms } = this.of(device);
      if (read_ms > oldest_ms) continue;
      oldest = device;
      oldest_ms = read_ms;
    }
    if (oldest !== undefined) this.#read(oldest);
  }

  #read(device: Device): Link {
    const folder = `class/net/${device.name}`;
    const state = this.#sys?.read(`${folder}/operstate`) ?? '';
    const megabits = Number(this.#sys?.read(`${folder}/speed`) ?? -1);
    const link = {
      up: UP.get(state),
      // Minus one, or more than there is, where it is not known.
      bits_per_second: megabits > 0 && megabits < 2 ** 31 ? megabits * 1_000_000 : undefined,
      physical: this.#sys?.has(`${folder}/device`) ?? false,
      read_ms: this.#now(),
    };
    this.#links.set(device, link);
    return link;
  }
}

/** By the kernel's word for a state, see its networking/operstates; the others leave it open. */
const UP: ReadonlyMap<string, boolean> = new Map([
  ['up', true],
  ['down', false],
  ['lowerlayerdown', false],
  ['notpresent', false],
]);

/** What passed the interfaces between the last two readings. Undefined when nothing is known of any. */
function networkIn(table: CounterTable, links: Links): Reading<Figures> | undefined {
  const entries: [string, Interface][] = [];
  const shown: Device[] = [];
  let left_out = 0;
  let percentage: number | undefined;
  let fullest: string | undefined;
  for (const device of table.devices) {
    if (shown.length === INTERFACES_MAX) {
      left_out++;
      continue;
    }
    const used = interfaceBetween(device, table.elapsed_ms);
    if (used === undefined) continue;
    const { up, bits_per_second, physical } = links.of(device);
    // The kernel has a few that nobody ever asked for.
    if (!physical && device.after[RECEIVED_PACKETS] === 0 && device.after[SENT_PACKETS] === 0) continue;
    if (up !== undefined) used.up = up;
    if (bits_per_second !== undefined) {
      used.speed_bits_per_second = bits_per_second;
      const bits = 8 * Math.max(used.received_bytes_per_second, used.sent_bytes_per_second);
      const share = percentageOf(Math.min(bits, bits_per_second), bits_per_second);
      if (share > (percentage ?? -1)) [percentage, fullest] = [share, device.name];
    }
    entries.push([device.name, used]);
    shown.push(device);
  }
  if (shown.length === 0) return undefined;
  links.refresh(shown);
  const figures: Figures = { interfaces: Object.fromEntries(entries) };
  if (fullest !== undefined) figures.fullest = fullest;
  if (left_out > 0) figures.left_out = left_out;
  return { percentage, figures };
}

// The columns of /proc/net/dev that are used, from behind the name.
const [RECEIVED_BYTES, RECEIVED_PACKETS, SENT_BYTES, SENT_PACKETS] = [0, 1, 8, 9];
const [RECEIVE_ERRORS, RECEIVE_DROPS, SEND_ERRORS, SEND_DROPS] = [2, 3, 10, 11];

/** Undefined when it is not known: the interface is new, or counts from the beginning again. */
function interfaceBetween(device: Device, elapsed_ms: number): Interface | undefined {
  if (!(device.goesOn(RECEIVED_PACKETS) && device.goesOn(SENT_PACKETS) && device.goesOn(SEND_DROPS))) return undefined;
  const rate = (column: number) => perSecond(device.grown(column), elapsed_ms);
  const used = {
    received_bytes_per_second: Math.round(rate(RECEIVED_BYTES)),
    sent_bytes_per_second: Math.round(rate(SENT_BYTES)),
    received_packets_per_second: rate(RECEIVED_PACKETS),
    sent_packets_per_second: rate(SENT_PACKETS),
    receive_errors_per_second: rate(RECEIVE_ERRORS),
    send_errors_per_second: rate(SEND_ERRORS),
    receive_drops_per_second: rate(RECEIVE_DROPS),
    send_drops_per_second: rate(SEND_DROPS),
  };
  for (const figure of Object.values(used)) if (!Number.isFinite(figure)) return undefined;
  return used;
}
