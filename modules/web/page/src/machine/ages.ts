// How old what is shown is, hop by hop, in the median of the last seconds.

/** Samples whose age is kept. */
const SAMPLES_MAX = 256;

/** Samples drawn longer ago say nothing of now. */
const LASTS_MS = 5_000;

/** When one sample was where. */
export interface Journey {
  /** By the machine's clock. */
  readonly measured_ms: number;
  /** When the server took it, by the server's clock. */
  readonly received_ms: number;
  /** By this device's clock. */
  readonly arrived_ms: number;
  readonly drawn_ms: number;
}

/** Lengths of time; `to_server_ms` may be off by what the machine's clock is, and below nought. */
export interface Age {
  readonly to_server_ms: number;
  readonly to_here_ms: number;
  readonly drawing_ms: number;
}

export class Ages {
  #journeys: Journey[] = [];

  add(journey: Journey): void {
    this.#journeys.push(journey);
    if (this.#journeys.length > SAMPLES_MAX) this.#journeys.shift();
  }

  /** @param ahead_ms how far this device's clock is ahead of the server's */
  median(ahead_ms: number): Age | undefined {
    const newest_ms = this.#journeys.at(-1)?.drawn_ms ?? 0;
    this.#journeys = this.#journeys.filter(({ drawn_ms }) => newest_ms - drawn_ms <= LASTS_MS);
    const middle = (length: (journey: Journey) => number) => {
      const lengths = this.#journeys.map(length).sort((a, b) => a - b);
      return lengths[lengths.length >> 1];
    };
    const to_server_ms = middle(({ measured_ms, received_ms }) => received_ms - measured_ms);
    const to_here_ms = middle(({ received_ms, arrived_ms }) => Math.max(0, arrived_ms - ahead_ms - received_ms));
    const drawing_ms = middle(({ arrived_ms, drawn_ms }) => drawn_ms - arrived_ms);
    if (to_server_ms === undefined || to_here_ms === undefined || drawing_ms === undefined) return undefined;
    return { to_server_ms, to_here_ms, drawing_ms };
  }
}
