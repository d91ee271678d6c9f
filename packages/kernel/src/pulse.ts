// The pulse: what an instance read, wrote, dropped and failed since the last one, by topic.

import Type, { type Static } from 'typebox';
import { defineTopic } from './topic.ts';

const Count = Type.Integer({ minimum: 0 });
const CountByTopic = Type.Record(Type.String(), Count);
const CountByTopicAndReason = Type.Record(Type.String(), CountByTopic);

/** What an instance says about itself; a module adds fields of its own. */
const AboutSchema = Type.Object(
  {
    host: Type.String({ title: 'Host it runs on' }),
    connection: Type.String({ title: 'Name of its connection to the bus; empty in memory' }),
    version: Type.Optional(Type.String({ title: 'Version' })),
    started_ms: Type.Number({ title: 'Start', description: 'Epoch milliseconds.' }),
    listens: Type.Array(Type.String(), { title: 'Patterns it listens to' }),
    publishes: Type.Array(Type.String(), { title: 'Families it publishes' }),
  },
  { title: 'About' },
);

/** What an instance says about itself. */
export type About = Static<typeof AboutSchema>;

/** Each module's sign of life. Its source is the instance. */
export const pulse = defineTopic(
  'pulse',
  Type.Object(
    {
      module: Type.String({ title: 'Module' }),
      interval_ms: Type.Number({ minimum: 0, title: 'Time since the last pulse' }),
      in: CountByTopic,
      out: CountByTopic,
      dropped: CountByTopicAndReason,
      failed: CountByTopicAndReason,
      counts: Type.Record(Type.String(), Count),
      about: Type.Optional(AboutSchema),
      stopping: Type.Optional(Type.Boolean({ title: 'This is its last pulse: it was told to stop' })),
    },
    { title: 'Pulse' },
  ),
);

/** The body of a pulse. */
export type Pulse = Static<typeof pulse.schema>;

/** Names a module may count under besides topics; more are counted as `other`. */
const NAMES_MAX = 100;

/** Counts for one instance. The topics are those it declares, so the maps cannot grow. */
export class PulseCounts {
  #in: Record<string, number> = {};
  #out: Record<string, number> = {};
  #dropped: Record<string, Record<string, number>> = {};
  #failed: Record<string, Record<string, number>> = {};
  #counts: Record<string, number> = {};
  readonly #names = new Set<string>();

  in(family: string): void {
    this.#in[family] = (this.#in[family] ?? 0) + 1;
  }

  out(family: string): void {
    this.#out[family] = (this.#out[family] ?? 0) + 1;
  }

  dropped(family: string, reason: string): void {
    add(this.#dropped, family, reason);
  }

  failed(family: string, reason: string): void {
    add(this.#failed, family, reason);
  }

  count(name: string, n: number): void {
    if (!this.#names.has(name)) {
      if (this.#names.size < NAMES_MAX) this.#names.add(name);
      else name = 'other';
    }
    this.#counts[name] = (this.#counts[name] ?? 0) + n;
  }

  /** The body of the next pulse; begins again at nought. */
  take(module: string, interval_ms: number): Pulse {
    const body: Pulse = {
      module,
      interval_ms,
      in: this.#in,
      out: this.#out,
      dropped: this.#dropped,
      failed: this.#failed,
      counts: this.#counts,
    };
    this.#in = {};
    this.#out = {};
    this.#dropped = {};
    this.#failed = {};
    this.#counts = {};
    return body;
  }
}

function add(counts: Record<string, Record<string, number>>, family: string, reason: string): void {
  counts[family] ??= {};
  const reasons = counts[family];
  reasons[reason] = (reasons[reason] ?? 0) + 1;
}
