// A file in which the kernel tells its counters line by line, a device each: /proc/diskstats, /proc/net/dev.
//
// Which device stands on which line hardly ever changes. So the lines' beginnings are learned once, as bytes, and compared;
// only when one differs are they read as text again.

import { procUnexpected } from './errors.ts';
import { grown } from './rate.ts';
import type { Scanner } from './scanner.ts';

/** Devices that are followed; the rest is counted. */
export const DEVICES_MAX = 4_096;

/** What a file looks like. */
export interface TableFormat {
  /** Its path, for an error. */
  readonly path: string;
  /** Lines above the first device. */
  readonly head_lines: number;
  /** The beginning of a line; its first group is the device's name. */
  readonly beginning: RegExp;
  /** Columns with counters: as many as are used. A line may have fewer. */
  readonly columns: number;
  /** Whether a device is followed, given the names of all. */
  readonly follows: (name: string, names: ReadonlySet<string>) => boolean;
}

/** One device, between the last two readings. */
export class Device {
  readonly name: string;
  /** What its counters say. NaN where its line ends before. */
  after: Float64Array;
  /** What they said the time before. NaN where it was not there. */
  before: Float64Array;
  /** The last reading that it was in. */
  reading = 0;

  constructor(name: string, columns: number) {
    this.name = name;
    this.after = new Float64Array(columns).fill(Number.NaN);
    this.before = new Float64Array(columns).fill(Number.NaN);
  }

  /**
   * Whether it can be told what it did: it was there the time before, and has not begun again since.
   *
   * @param column a counter that only a new beginning sets back
   */
  goesOn(column: number): boolean {
    return (this.after[column] ?? Number.NaN) >= (this.before[column] ?? Number.NaN);
  }

  /** How far a counter has come, of a device that goes on. */
  grown(column: number): number {
    return grown(this.before[column] ?? Number.NaN, this.after[column] ?? Number.NaN, true);
  }

  /** Takes the counters from here on. */
  read(file: Scanner, reading: number): void {
    if (this.reading !== reading) {
      this.reading = reading;
      const { before } = this;
      this.before = this.after;
      this.after = before;
    }
    const columns = file.numbers(this.after, this.after.length);
    if (columns < this.after.length) this.after.fill(Number.NaN, columns);
  }
}

export class CounterTable {
  /** The devices that are followed, in the file's order. */
  devices: readonly Device[] = [];
  /** The time between the last two readings. NaN at the first. */
  elapsed_ms = Number.NaN;
  readonly #format: TableFormat;
  readonly #now: () => number;
  #lines: { readonly beginning: Buffer; readonly device: Device | undefined }[] = [];
  #reading = 0;
  #read_ms = Number.NaN;

  /** @param now milliseconds that never go back */
  constructor(format: TableFormat, now: () => number) {
    this.#format = format;
    this.#now = now;
  }

  /**
   * Takes in what the file says now. Always the same function, to be read with.
   *
   * @returns this
   * @throws CodedError `PROC_UNEXPECTED`
   */
  readonly parse = (file: Scanner): this => {
    const now_ms = this.#now();
    this.elapsed_ms = now_ms - this.#read_ms;
    this.#read_ms = now_ms;
    this.#reading++;
    if (!this.#follow(file)) {
      file.restart();
      this.#learn(file.rest());
      this.#follow(file);
    }
    return this;
  };

  /** Reads the counters of all; false when the lines are not the known ones. */
  #follow(file: Scanner): boolean {
    for (let line = 0; line < this.#format.head_lines; line++) file.nextLine();
    for (const line of this.#lines) {
      if (!file.take(line.beginning)) return false;
      if (line.device === undefined) file.nextLine();
      else line.device.read(file, this.#reading);
    }
    return file.ended;
  }

  #learn(text: string): void {
    const { path, head_lines, beginning, columns, follows } = this.#format;
    const lines = text.split('\n').slice(head_lines);
    if (lines.at(-1) === '') lines.pop();
    const heads = lines.map((line) => {
      const [whole, name] = beginning.exec(line) ?? [];
      if (whole === undefined || name === undefined) throw procUnexpected(path, `no device in "${line}"`);
      // The kernel's bytes are the users' UTF-8.
      return { beginning: Buffer.from(whole, 'latin1'), name: Buffer.from(name, 'latin1').toString() };
    });
    const names = new Set(heads.map(({ name }) => name));
    const known = new Map(this.devices.map((device) => [device.name, device]));
    const followed = new Map<string, Device>();
    for (const name of names) {
      if (followed.size === DEVICES_MAX) break;
      if (follows(name, names)) followed.set(name, known.get(name) ?? new Device(name, columns));
    }
    this.devices = [...followed.values()];
    this.#lines = heads.map(({ beginning, name }) => ({ beginning, device: followed.get(name) }));
  }
}
