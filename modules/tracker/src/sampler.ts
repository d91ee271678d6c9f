// The sampler: all probes at work on one machine; one sample is what each of them reads at one moment.

import { CodedError, type Context, type Log, LogLimiter, reasonOf } from '@ganglion/kernel';
import type { Measure } from '@ganglion/topics';
import { headlineInvalid } from './errors.ts';
import type { OpenHost } from './host.ts';
import type { Probe, Reader, Reading } from './probe.ts';

/** A failing probe is told at most this often. */
const TELL_INTERVAL_MS = 60_000;

interface Slot {
  readonly probe: Probe;
  reader: Reader | undefined;
  /** What was told of its failing; undefined while all is well. */
  told: string | undefined;
  /** What it read last, to be carried on until it is due again. */
  carried: Reading | undefined;
  /** Whether it has promised a reading that has not come. */
  awaited: boolean;
  /** By the host's clock: when it is to be read next. */
  due_ms: number;
}

export class Sampler {
  readonly #host: OpenHost;
  readonly #log: Log;
  readonly #count: Context['count'];
  readonly #slots: readonly Slot[];
  readonly #limiter = new LogLimiter(TELL_INTERVAL_MS);

  /** Opens every probe. One that fails is told, and tried again at each sample. */
  constructor(probes: readonly Probe[], host: OpenHost, { log, count }: Pick<Context, 'log' | 'count'>) {
    this.#host = host;
    this.#log = log;
    this.#count = count;
    this.#slots = probes.map((probe) => ({
      probe,
      reader: undefined,
      told: undefined,
      carried: undefined,
      awaited: false,
      due_ms: host.now(),
    }));
    for (const slot of this.#slots) {
      try {
        slot.reader = slot.probe.open(host);
      } catch (error) {
        this.#failed(slot, error);
      }
    }
  }

  /** Reads every probe. Undefined when there is no CPU percentage, without which there is no measure. Never throws. */
  sample(): Measure | undefined {
    this.#host.nextSample();
    const body: Record<string, unknown> = {};
    for (const slot of this.#slots) {
      const { name } = slot.probe;
      try {
        const reading = this.#read(slot);
        if (reading === undefined) continue;
        if (reading.percentage !== undefined) body[`${name}_percentage`] = reading.percentage;
        body[name] = reading.figures;
      } catch (error) {
        this.#failed(slot, error);
      }
    }
    return 'cpu_percentage' in body ? (body as Measure) : undefined;
  }

  /** What a probe tells in this sample: what it reads now or, until it is due again, what it read last. */
  #read(slot: Slot): Reading | undefined {
    const { every_ms = 0 } = slot.probe;
    const now_ms = this.#host.now();
    if (now_ms < slot.due_ms) return slot.carried;
    slot.due_ms = now_ms + every_ms;
    const { carried } = slot;
    slot.carried = undefined;
    // It hangs. What it read before is too old by now.
    if (slot.awaited) return undefined;
    slot.reader ??= slot.probe.open(this.#host);
    const read_ms = Date.now();
    const reading = slot.reader.read();
    if (reading instanceof Promise) {
      slot.carried = carried;
      slot.awaited = true;
      void this.#await(slot, reading, read_ms);
    } else {
      slot.carried = every_ms === 0 ? this.#checked(slot, reading) : stamped(this.#checked(slot, reading), read_ms);
    }
    return slot.carried;
  }

  async #await(slot: Slot, promised: Promise<Reading | undefined>, read_ms: number): Promise<void> {
    try {
      slot.carried = stamped(this.#checked(slot, await promised), read_ms);
    } catch (error) {
      slot.carried = undefined;
      this.#failed(slot, error);
    } finally {
      slot.awaited = false;
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
    for (const slot of this.#slots) {
      try {
        slot.reader?.close?.();
      } catch (error) {
        this.#failed(slot, error);
      }
    }
    this.#host.close();
  }

  /** A failure is counted each time, and told when it is new, at most once a minute. */
  #failed(slot: Slot, error: unknown): void {
    const { name } = slot.probe;
    this.#count(`probe_${name}_failed`);
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
