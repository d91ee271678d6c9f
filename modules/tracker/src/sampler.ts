// The sampler: all probes at work on one machine; one sample is what each of them reads at one moment.

import { CodedError, type Context, type Log, LogLimiter, reasonOf } from '@ganglion/kernel';
import type { Measure } from '@ganglion/topics';
import { headlineInvalid } from './errors.ts';
import type { OpenHost } from './host.ts';
import type { Probe, Reader } from './probe.ts';

/** A failing probe is told at most this often. */
const TELL_INTERVAL_MS = 60_000;

interface Slot {
  readonly probe: Probe;
  reader: Reader | undefined;
  /** What was told of its failing; undefined while all is well. */
  told: string | undefined;
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
    this.#slots = probes.map((probe) => ({ probe, reader: undefined, told: undefined }));
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
        slot.reader ??= slot.probe.open(this.#host);
        const reading = slot.reader.read();
        const percentage = reading?.percentage;
        // The kernel would refuse the whole measure.
        if (percentage !== undefined && !(percentage >= 0 && percentage <= 100))
          throw headlineInvalid(name, percentage);
        if (slot.told !== undefined) this.#recovered(slot);
        if (percentage !== undefined) body[`${name}_percentage`] = percentage;
        if (reading !== undefined) body[name] = reading.figures;
      } catch (error) {
        this.#failed(slot, error);
      }
    }
    return 'cpu_percentage' in body ? (body as Measure) : undefined;
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
