// What a look at one machine brings: its past, and then each measure the moment it passes.

import { packPast } from '../wire/columns.ts';
import type { PastFrame } from '../wire/frames.ts';
import type { Eye, Eyes } from './eyes.ts';
import type { Past } from './headlines.ts';
import type { Feed, PageClient } from './page-client.ts';

/** Bytes of a `past` frame, about; one with a single column may have more. */
export const PAST_BYTES = 131_072;

const TIME_BYTES = 8;
const CELL_BYTES = 4;

export class MachineFeed implements Feed, Eye {
  readonly #client: PageClient;
  readonly #machine: string;
  readonly #eyes: Eyes;
  readonly #past: Iterator<PastFrame>;
  readonly #onSkipped: () => void;
  #past_sent = false;
  /** The newest measure that did not go out yet, because the line was full. */
  #waiting: Buffer | undefined;

  constructor(
    client: PageClient,
    machine: string,
    {
      eyes,
      pasts,
      onSkipped,
    }: {
      readonly eyes: Eyes;
      /** Headlines and details. */
      readonly pasts: readonly [Past | undefined, Past | undefined];
      /** A measure did not go out because the line was full. */
      readonly onSkipped: () => void;
    },
  ) {
    this.#client = client;
    this.#machine = machine;
    this.#eyes = eyes;
    this.#past = pastFrames(machine, ...pasts);
    this.#onSkipped = onSkipped;
  }

  catchUp(): void {
    while (!this.#past_sent && !this.#client.full) {
      const { value, done } = this.#past.next();
      if (done === true) this.#past_sent = true;
      else this.#client.tell(packPast(value), true);
    }
    if (this.#waiting === undefined || this.#client.full) return;
    this.#client.tell(this.#waiting);
    this.#waiting = undefined;
  }

  see(frame: Buffer): void {
    if (this.#waiting !== undefined) this.#onSkipped();
    this.#waiting = frame;
    if (this.#past_sent) this.catchUp();
  }

  close(): void {
    this.#eyes.leave(this.#machine, this);
  }
}

/** The frames of a past; each is written when it is asked for, so that nobody keeps a copy for a slow reader. */
function* pastFrames(machine: string, headlines: Past | undefined, details: Past | undefined): Generator<PastFrame> {
  for (const { times_ms, paths, columns } of chunks(headlines)) {
    yield { type: 'past', sent_ms: Date.now(), machine, of: 'headlines', times_ms, paths, columns };
  }
  for (const { times_ms, paths, columns } of chunks(details)) {
    yield { type: 'past', sent_ms: Date.now(), machine, of: 'details', times_ms, paths, columns };
  }
  const none = { times_ms: new Float64Array(), paths: [], columns: [] };
  yield { type: 'past', sent_ms: Date.now(), machine, of: 'details', ...none, last: true };
}

function* chunks(past: Past | undefined): Generator<Pick<PastFrame, 'times_ms' | 'paths' | 'columns'>> {
  if (past === undefined) return;
  for (let from = 0; from < past.columns.length; ) {
    const times_ms = past.times();
    const fit = Math.floor((PAST_BYTES - times_ms.length * TIME_BYTES) / Math.max(1, times_ms.length * CELL_BYTES));
    const chunk = past.columns.slice(from, from + Math.max(1, fit));
    yield { times_ms, paths: chunk.map(({ path }) => path), columns: chunk.map(({ read }) => read()) };
    from += chunk.length;
  }
}
