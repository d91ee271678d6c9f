// Prometheus's remote write, and who else takes it (Mimir, Thanos, VictoriaMetrics, Grafana Cloud): protobuf in snappy over HTTP.
// Names are those of /metrics. https://prometheus.io/docs/specs/prw/remote_write_spec/

import { compress } from 'snappyjs';
import Type from 'typebox';
import type { Figure, Label } from '../figures.ts';
import type { Named, Snapshot } from '../fleet.ts';
import { defineFormat } from '../format.ts';
import { post, TARGET } from '../http.ts';
import { Made } from '../made.ts';
import { familyOf, inBaseUnit, machineLabels, ownLabels, Twins } from '../prometheus-names.ts';
import { PACE, Pusher, type Writer } from '../pusher.ts';

export const remote_write = defineFormat({
  name: 'remote_write',
  config: Type.Object({ ...TARGET, ...PACE }, { additionalProperties: false, default: {} }),
  open: (config, tools) => {
    if (config.url === '') return undefined;
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
      'user-agent': 'ganglion',
      ...(config.authorization && { authorization: tools.secret('authorization', config.authorization) }),
      ...config.headers,
    };
    const outlet = {
      name: 'remote_write',
      writer: new SeriesWriter(),
      // It takes a series for alive for five minutes else.
      wants_ends: true,
      send: async (body: Uint8Array, signal: AbortSignal) => {
        await post({ url: config.url, headers, body }, isPermanent, signal);
        return undefined;
      },
    };
    return new Pusher(outlet, config, tools);
  },
});

/** "Senders MUST retry on 5xx", may on 429, and "MUST NOT retry on 4xx" else. */
function isPermanent(status: number): boolean {
  return status >= 300 && status < 500 && status !== 429;
}

/** A label as it stands in a message, and the name that it is sorted by. */
interface Written {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a figure has in every message. */
interface Series {
  /** Sorted, the name of the metric among them. */
  readonly labels: readonly Written[];
  readonly divisor: number;
}

/** A sample: a number of eight bytes and a time of six. */
const SAMPLE_BYTES = 16;

/** By this number Prometheus knows that a series has ended: the NaN 0x7ff0000000000002. */
const ENDED = Buffer.from([2, 0, 0, 0, 0, 0, 0xf0, 0x7f]);

/**
 * Writes `WriteRequest { timeseries = 1: { labels = 1: { name = 1, value = 2 }, samples = 2: { value = 1, timestamp = 2 } } }`.
 * Labels are written once for each figure and each machine, and put together from then on.
 */
class SeriesWriter implements Writer {
  readonly #twins = new Twins();
  readonly #machines = new Made<Named, readonly Written[]>((named) =>
    machineLabels(named).map(writeLabel).sort(byName),
  );
  readonly #figures = new Made<Figure, Series>((figure) => {
    const { name, divisor } = familyOf(figure);
    const labels: Label[] = [['__name__', name], ...ownLabels(figure)];
    return { labels: labels.map(writeLabel).sort(byName), divisor };
  });
  #bytes = Buffer.allocUnsafe(2 * 1024 * 1024);
  #size = 0;
  /** Those of one series, in their order. */
  readonly #labels: Written[] = [];

  get size(): number {
    return this.#size;
  }

  add({ machine, figures, values, time_ms, ended }: Snapshot): void {
    const of_machine = this.#machines.of(machine);
    for (let i = 0; i < figures.length; i++) {
      if (this.#twins.isOther(figures, i)) continue;
      const { labels, divisor } = this.#figures.of(figures[i] as Figure);
      this.#merge(of_machine, labels);
      let length = 2 + SAMPLE_BYTES;
      for (const { bytes } of this.#labels) length += bytes.length;
      this.#reserve(length + 8);
      this.#byte(0x0a);
      this.#varint(length);
      for (const { bytes } of this.#labels) {
        this.#bytes.set(bytes, this.#size);
        this.#size += bytes.length;
      }
      this.#byte(0x12);
      this.#byte(SAMPLE_BYTES);
      this.#byte(0x09);
      if (ended) this.#bytes.set(ENDED, this.#size);
      else this.#bytes.writeDoubleLE(inBaseUnit(values[i] as number, divisor), this.#size);
      this.#size += 8;
      this.#byte(0x10);
      this.#varint(inSixBytes(time_ms));
    }
  }

  take(): Uint8Array {
    // Of a Buffer it would make one as large as the worst case, and all of that would wait.
    const message = compress(new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset, this.#size));
    this.#size = 0;
    return message;
  }

  /** Labels of both, sorted; of two of one name, the figure's. */
  #merge(machine: readonly Written[], figure: readonly Written[]): void {
    const merged = this.#labels;
    merged.length = 0;
    let at = 0;
    for (const own of figure) {
      for (; at < machine.length && (machine[at] as Written).name < own.name; at++) merged.push(machine[at] as Written);
      if (machine[at]?.name === own.name) at++;
      merged.push(own);
    }
    for (; at < machine.length; at++) merged.push(machine[at] as Written);
  }

  #byte(byte: number): void {
    this.#bytes[this.#size++] = byte;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#byte((rest % 128) + 128);
    this.#byte(rest);
  }

  #reserve(bytes: number): void {
    if (this.#size + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#size + bytes));
    this.#bytes.copy(larger, 0, 0, this.#size);
    this.#bytes = larger;
  }
}

/** A time whose varint has six bytes, as every one from 2004 to 2109 has; a clock that says another is wrong anyway. */
function inSixBytes(time_ms: number): number {
  return Math.max(2 ** 40, Math.min(2 ** 42 - 1, Math.round(time_ms)));
}

function writeLabel([name, value]: Label): Written {
  const inside = Buffer.concat([field(0x0a, name), field(0x12, value)]);
  return { name, bytes: Buffer.concat([Buffer.from([0x0a, ...varint(inside.length)]), inside]) };
}

function field(tag: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([tag, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

function byName(a: Written, b: Written): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
