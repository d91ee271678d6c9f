// The sampler: all probes at work on one machine; one sample is what each of them reads at one moment.

import { CodedError, type Context, type Log, LogLimiter, reasonOf } from '@ganglion/kernel';
import type { Measure } from '@ganglion/topics';
import { headlineInvalid, probeLate, probeStopped } from './errors.ts';
import type { OpenHost } from './host.ts';
import type { Probe, Reader, Reading } from './probe.ts';

/** A failing probe is told at most this often. */
const TELL_INTERVAL_MS = 60_000;

/** For how long a reading may keep all others waiting. */
export const BUDGET_MS = 50;

/** A probe that is over its budget so many times in a row is stopped. */
export const OVERRUNS_MAX = 3;

/** For how long. */
export const STOPPED_MS = 600_000;

/** How much too early a probe with an interval of its own may be read: a part of that interval, and at most so long. */
const EARLY = 0.1;
const EARLY_MS_MAX = 500;

interface Slot {
  readonly probe: Probe;
  /** The time between two readings; nought: every sample has one. */
  readonly every_ms: number;
  reader: Reader | undefined;
  /** What was told of its failing; undefined while all is well. */
  told: string | undefined;
  /** What it read last, to be carried on until it is due again. */
  carried: Reading | undefined;
  /** Whether it has promised a reading that has not come. */
  awaited: boolean;
  /** By the host's clock: when it is to be read next. */
  due_ms: number;
  /** Whether it has said that something happened, and that has not gone out yet. */
  changed: boolean;
  /** Readings in a row that took longer than the budget. */
  overruns: number;
}

/** A probe that is wanted, and how often: as it says itself where that is left out. */
export interface Wanted {
  readonly probe: Probe;
  readonly every_ms?: number | undefined;
}

export class Sampler {
  readonly #host: OpenHost;
  readonly #log: Log;
  readonly #count: Context['count'];
  readonly #slots: readonly Slot[];
  readonly #changed: () => void;
  readonly #limiter = new LogLimiter(TELL_INTERVAL_MS);

  /**
   * Opens every probe. One that fails is told, and tried again at each sample.
   *
   * @param changed called when a probe has something to tell before its time
   */
  constructor(
    wanted: readonly Wanted[],
    host: OpenHost,
    { log, count }: Pick<Context, 'log' | 'count'>,
    changed: () => void = () => {},
  ) {
    this.#changed = changed;
    this.#host = host;
    this.#log = log;
    this.#count = count;
    this.#slots = wanted.map(({ probe, every_ms = probe.every_ms ?? 0 }) => ({
      probe,
      every_ms,
      reader: undefined,
      told: undefined,
      carried: undefined,
      awaited: false,
      due_ms: host.now(),
      changed: false,
      overruns: 0,
    }));
    for (const slot of this.#slots) {
      try {
        slot.reader = this.#open(slot);
      } catch (error) {
        this.#failed(slot, error);
      }
    }
  }

  #open(slot: Slot): Reader {
    return slot.probe.open(this.#host, () => {
      slot.changed = true;
      this.#count(`probe_${slot.probe.name}_changed`);
      this.#changed();
    });
  }

  /**
   * Reads every probe that is due. Undefined when there is no CPU percentage, without which there is no measure. Never throws.
   *
   * @param between whether it is a sample between two of the clock: then those alone are read that have something to tell
   */
  sample(between = false): Measure | undefined {
    this.#host.nextSample();
    const body: Record<string, unknown> = {};
    let now_ms = this.#host.now();
    for (const slot of this.#slots) {
      const is_due = !between && now_ms >= slot.due_ms;
      if (is_due || (slot.changed && !slot.awaited)) now_ms = this.#read(slot, now_ms);
      const { carried } = slot;
      if (carried === undefined) continue;
      const { name } = slot.probe;
      if (carried.percentage !== undefined) body[`${name}_percentage`] = carried.percentage;
      body[name] = carried.figures;
    }
    return 'cpu_percentage' in body ? (body as Measure) : undefined;
  }

  /**
   * Reads a probe that is due: what it tells is carried until its next time.
   *
   * @returns the time when it has been read
   */
  #read(slot: Slot, now_ms: number): number {
    const { carried, every_ms } = slot;
    // A sample may come a little before its time: it is not left for the next.
    slot.due_ms = now_ms + every_ms - Math.min(every_ms * EARLY, EARLY_MS_MAX);
    slot.carried = undefined;
    // It hangs. What it read before is too old by now.
    if (slot.awaited) {
      this.#late(slot);
      return now_ms;
    }
    const is_news = slot.changed;
    slot.changed = false;
    try {
      slot.reader ??= this.#open(slot);
      const read_ms = Date.now();
      const reading = slot.reader.read();
      if (reading instanceof Promise) {
        slot.carried = carried;
        slot.awaited = true;
        void this.#await(slot, reading, read_ms, now_ms, is_news);
      } else {
        slot.carried = every_ms === 0 ? this.#checked(slot, reading) : stamped(this.#checked(slot, reading), read_ms);
      }
    } catch (error) {
      this.#failed(slot, error);
    }
    const read_ms = this.#host.now();
    this.#spent(slot, read_ms - now_ms, read_ms);
    return read_ms;
  }

  /** Notes what a reading took of everybody's time. */
  #spent(slot: Slot, took_ms: number, now_ms: number): void {
    if (!slot.awaited) this.#count(`probe_${slot.probe.name}_us`, Math.round(took_ms * 1_000));
    slot.overruns = took_ms > BUDGET_MS ? slot.overruns + 1 : 0;
    if (slot.overruns < OVERRUNS_MAX) return;
    const { name } = slot.probe;
    slot.overruns = 0;
    slot.carried = undefined;
    this.#close(slot);
    slot.due_ms = now_ms + STOPPED_MS;
    this.#count(`probe_${name}_stopped`);
    this.#tell(slot, probeStopped(name, took_ms));
  }

  #late(slot: Slot): void {
    this.#count(`probe_${slot.probe.name}_late`);
    this.#tell(slot, probeLate(slot.probe.name));
  }

  /**
   * @param asked_ms by the host's clock
   * @param is_news whether it was asked because something had happened: then it goes out as soon as it is known
   */
  async #await(
    slot: Slot,
    promised: Promise<Reading | undefined>,
    read_ms: number,
    asked_ms: number,
    is_news: boolean,
  ): Promise<void> {
    try {
      slot.carried = stamped(this.#checked(slot, await promised), read_ms);
    } catch (error) {
      slot.carried = undefined;
      this.#failed(slot, error);
    } finally {
      slot.awaited = false;
      this.#count(`probe_${slot.probe.name}_us`, Math.round((this.#host.now() - asked_ms) * 1_000));
      if (is_news || slot.changed) this.#changed();
    }
  }

  /** @throws CodedError `HEADLINE_INVALID`: the kernel would refuse the whole measure */
  #checked(slot: Slot, reading: Reading | undefined): Reading | undefined {
    const percentage = reading?.percentage;
    if (percentage !== undefined && !(percentage >= 0 && percentage <= 100)) {
      throw headlineInvalid(slot.probe.name, percentage);
    }
    if (slot.told !== undefined) this.#recovered(slot);
    return reading;
  }

  /** Closes every probe and the host's files. Never throws. */
  close(): void {
    for (const slot of this.#slots) this.#close(slot);
    this.#host.close();
  }

  #close(slot: Slot): void {
    const { reader } = slot;
    slot.reader = undefined;
    try {
      reader?.close?.();
    } catch (error) {
      this.#failed(slot, error);
    }
  }

  /** A failure is counted each time, and told when it is new, at most once a minute. */
  #failed(slot: Slot, error: unknown): void {
    this.#count(`probe_${slot.probe.name}_failed`);
    this.#tell(slot, error);
  }

  #tell(slot: Slot, error: unknown): void {
    const { name } = slot.probe;
    const reason = reasonOf(error);
    if (reason === slot.told || this.#limiter.pass(name) === undefined) return;
    slot.told = reason;
    this.#log.warn({ code: error instanceof CodedError ? error.code : 'PROBE_FAILED', probe: name }, reason);
  }

  #recovered(slot: Slot): void {
    slot.told = undefined;
    this.#log.info({ probe: slot.probe.name }, `${slot.probe.name} can be read again`);
  }
}

/** A reading that says when it was read, epoch milliseconds, for those who get it later. */
function stamped(reading: Reading | undefined, read_ms: number): Reading | undefined {
  return reading && { ...reading, figures: { read_ms, ...Object(reading.figures) } };
}
