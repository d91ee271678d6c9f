// What a client asks about the past: passed on to whoever records, and told in the page's words. A view link is told of its machines
// alone.

import { CodedError } from '@ganglion/kernel';
import {
  type Alert,
  type Birth,
  type Death,
  EVENTS_MAX,
  type Outage,
  type PastAnswered,
  type PastAnswerOf,
  type PastAsked,
  type PastEvent,
  type PastMachine,
  unpackNumbers,
} from '@ganglion/topics';
import { packRange } from '../wire/columns.ts';
import {
  EVENTS_TOLD_MAX,
  type Happening,
  type Machine,
  MOMENT_MACHINES_MAX,
  type Recall,
  type Resource,
} from '../wire/frames.ts';
import { writeFrame } from './frames.ts';
import { BANDS } from './state.ts';

/** Questions that wait for an answer, of all clients and of one. */
export const RECALLS_MAX = 100;
export const RECALLS_OF_CLIENT_MAX = 8;

/** Characters of an alert's sentence and of other texts. */
const SENTENCE_CHARACTERS_MAX = 500;
const TEXT_CHARACTERS_MAX = 255;

/** Asks about the past under a source. */
export type Ask = (source: string, asked: PastAsked) => Promise<PastAnswered>;

/** What the questions that are about all are asked under. */
const FLEET = 'fleet';

export interface RecallsOptions {
  readonly ask: Ask;
  /** Whether anybody records, as far as presence has told. */
  readonly is_recorded: () => boolean;
}

/** What a client may be told. */
export interface Sight {
  readonly sees: (machine: string) => boolean;
  /** Whether that is everything. */
  readonly whole: boolean;
}

/** A frame for one client. */
export interface Answer {
  readonly bytes: Uint8Array;
  readonly is_binary: boolean;
  readonly is_refused: boolean;
}

export class Recalls {
  readonly #options: RecallsOptions;
  readonly #waiting = new WeakMap<object, number>();
  #all_waiting = 0;

  constructor(options: RecallsOptions) {
    this.#options = options;
  }

  /** Answers. Never rejects: what goes wrong is told. */
  async answer(client: object, recall: Recall, number: number, sight: Sight): Promise<Answer> {
    const waiting = this.#waiting.get(client) ?? 0;
    if (waiting >= RECALLS_OF_CLIENT_MAX || this.#all_waiting >= RECALLS_MAX) {
      return refusal(number, 'Too much is asked at once; try again.');
    }
    const { source, asked } = questionOf(recall);
    if (recall.what === 'range' && !sight.sees(recall.machine)) {
      return refusal(number, `${recall.machine} is not among the machines that this link shows.`);
    }
    if (!this.#options.is_recorded()) return refusal(number, 'Nobody records here.');
    this.#waiting.set(client, waiting + 1);
    this.#all_waiting++;
    try {
      return write(await this.#options.ask(source, asked), number, sight);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return refusal(
        number,
        error.code === 'NO_ANSWER' ? 'Whoever records does not answer now.' : sentence(error.parts.why),
      );
    } finally {
      this.#all_waiting--;
      this.#waiting.set(client, (this.#waiting.get(client) ?? 1) - 1);
    }
  }
}

function questionOf(recall: Recall): { readonly source: string; readonly asked: PastAsked } {
  switch (recall.what) {
    case 'range': {
      const { figures, ...rest } = recall;
      return { source: recall.machine, asked: { ...rest, ...(figures !== undefined && { figures: [...figures] }) } };
    }
    case 'moment':
      return { source: FLEET, asked: { what: 'instant', at_ms: recall.at_ms } };
    case 'events':
      // Some of them may be of machines that this client does not see.
      return { source: recall.machine ?? FLEET, asked: { ...recall, limit: EVENTS_MAX } };
    case 'extent':
      return { source: FLEET, asked: recall };
  }
}

function write(answered: PastAnswered, number: number, sight: Sight): Answer {
  const sent_ms = Date.now();
  switch (answered.what) {
    case 'range':
      return { bytes: packRange({ sent_ms, number, ...rangeOf(answered) }), is_binary: true, is_refused: false };
    case 'instant': {
      const { at_ms, machines, left_out } = answered;
      const seen = machines.filter(({ machine }) => sight.sees(machine));
      const told = seen.slice(0, MOMENT_MACHINES_MAX);
      return text({
        type: 'moment',
        sent_ms,
        number,
        at_ms,
        machines: told.map(machineOf),
        left_out: seen.length - told.length + (sight.whole ? left_out : 0),
      });
    }
    case 'events': {
      const { events, left_out } = answered;
      const seen = events.map(happeningOf).filter((happening) => happening !== undefined && isSeen(happening, sight));
      const told = seen.slice(-EVENTS_TOLD_MAX);
      const more = seen.length - told.length + (sight.whole ? left_out : 0);
      return text({ type: 'events', sent_ms, number, events: told as Happening[], left_out: more });
    }
    case 'extent': {
      const { what: _, ...extent } = answered;
      return text({ type: 'extent', sent_ms, number, ...extent });
    }
  }
}

function rangeOf({ machine, width_ms, times_ms, figures, left_out }: PastAnswerOf<'range'>) {
  const times = unpackNumbers(times_ms);
  const column = (text: string | undefined, mean: Float32Array): Float32Array =>
    text === undefined ? mean : fitting(Float32Array.from(unpackNumbers(text)), times.length);
  const means = figures.map((figure) => fitting(Float32Array.from(unpackNumbers(figure.mean)), times.length));
  return {
    type: 'range' as const,
    machine,
    width_ms,
    times_ms: times,
    paths: figures.map(({ path }) => path),
    means,
    least: figures.map(({ minimum }, i) => column(minimum, means[i] as Float32Array)),
    most: figures.map(({ maximum }, i) => column(maximum, means[i] as Float32Array)),
    left_out,
  };
}

/** A column as long as the others, whoever has answered. */
function fitting(column: Float32Array, rows: number): Float32Array {
  if (column.length === rows) return column;
  const fit = new Float32Array(rows).fill(Number.NaN);
  fit.set(column.subarray(0, rows));
  return fit;
}

function machineOf({ machine, time_ms, interval_ms, gone, labels, figures }: PastMachine, id: number): Machine {
  const resources: Record<string, Resource> = {};
  for (const [path, value] of Object.entries(figures)) {
    const [, name, kind] = /^(.+)_(percentage|result)$/.exec(path) ?? [];
    if (name === undefined) continue;
    const known = resources[name] ?? { since_ms: time_ms };
    const band = kind === 'result' ? BANDS[Math.round(value)] : undefined;
    if (kind === 'percentage') resources[name] = { ...known, percentage: Math.min(100, Math.max(0, value)) };
    else resources[name] = { ...known, ...(band !== undefined && { band }) };
  }
  return {
    id,
    machine,
    time_ms,
    received_ms: time_ms,
    first_ms: time_ms,
    ...(interval_ms !== undefined && { interval_ms }),
    ...(gone !== undefined && { gone }),
    ...(labels !== undefined && { labels }),
    resources,
  };
}

/** What is told of an event; undefined when it is of another form than ours are. */
function happeningOf({ time_ms, family, source, body }: PastEvent): Happening | undefined {
  switch (family) {
    case 'birth': {
      const { kind } = body as Partial<Birth>;
      return { kind: 'birth', time_ms, of: source, ...(kind === 'instance' && { is_instance: true }) };
    }
    case 'death': {
      const { kind, cause } = body as Partial<Death>;
      const is_instance = kind === 'instance' && { is_instance: true as const };
      return { kind: 'death', time_ms, of: source, ...is_instance, ...(cause !== undefined && { cause }) };
    }
    case 'outage': {
      const { count, pattern } = body as Partial<Outage>;
      return {
        kind: 'outage',
        time_ms,
        of: String(pattern ?? '#').slice(0, TEXT_CHARACTERS_MAX),
        machines: count ?? 0,
      };
    }
    case 'alert': {
      const { id, state, severity, rule, resource, sentence, since_ms, shadow } = body as Partial<Alert>;
      if (id === undefined || state === undefined || severity === undefined || since_ms === undefined) return undefined;
      return {
        kind: state,
        time_ms,
        of: source,
        id: id.slice(0, TEXT_CHARACTERS_MAX),
        severity,
        rule: (rule ?? '').slice(0, TEXT_CHARACTERS_MAX),
        resource: (resource ?? '').slice(0, TEXT_CHARACTERS_MAX),
        sentence: (sentence ?? '').slice(0, SENTENCE_CHARACTERS_MAX),
        since_ms,
        ...(shadow === true && { shadow }),
      };
    }
  }
}

/** Whoever sees a part is told nothing of what is of several machines, nor of instances. */
function isSeen(happening: Happening, { sees, whole }: Sight): boolean {
  if (whole) return true;
  if (happening.kind === 'outage' || ('is_instance' in happening && happening.is_instance === true)) return false;
  return sees(happening.of);
}

function text(frame: Parameters<typeof writeFrame>[0]): Answer {
  return { bytes: writeFrame(frame), is_binary: false, is_refused: false };
}

function refusal(number: number, why: string): Answer {
  return { ...text({ type: 'unrecalled', sent_ms: Date.now(), number, why }), is_refused: true };
}

/** A reason as a sentence. */
function sentence(why: string): string {
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}${/[.!?]$/.test(why) ? '' : '.'}`;
}
