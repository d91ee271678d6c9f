// OpenTelemetry, OTLP over HTTP in JSON. Names are those of the semantic conventions where those have one, else `ganglion.` and ours.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp
// https://opentelemetry.io/docs/specs/semconv/system/system-metrics/

import Type from 'typebox';
import type { Figure, Label } from '../figures.ts';
import type { Named, Snapshot } from '../fleet.ts';
import { defineFormat } from '../format.ts';
import { post, TARGET } from '../http.ts';
import { Made } from '../made.ts';
import { conventional, type Metric } from '../otel-names.ts';
import { inBaseUnit } from '../prometheus-names.ts';
import { PACE, Pusher, type Rejected, type Writer } from '../pusher.ts';

/** What is kept of what a receiver says of figures it did not take. */
const SHOWN_CHARACTERS = 200;

export const opentelemetry = defineFormat({
  name: 'opentelemetry',
  config: Type.Object({ ...TARGET, ...PACE }, { additionalProperties: false, default: {} }),
  open: (config, tools) => {
    if (config.url === '') return undefined;
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'ganglion',
      ...(config.authorization && { authorization: tools.secret('authorization', config.authorization) }),
      ...config.headers,
    };
    const outlet = {
      name: 'opentelemetry',
      writer: new OtlpWriter(),
      wants_ends: false,
      send: async (body: Uint8Array, signal: AbortSignal) =>
        rejectedIn(await post({ url: config.url, headers, body }, isPermanent, signal)),
    };
    return new Pusher(outlet, config, tools);
  },
});

/** Only these are to be tried again: https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
function isPermanent(status: number): boolean {
  return ![429, 502, 503, 504].includes(status);
}

/** What a receiver that took a message did not take of it: "The client MUST NOT retry the request". */
function rejectedIn(text: string): Rejected | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // An answer may be empty.
    return undefined;
  }
  const partial = inside(answer, 'partialSuccess');
  const figures = Number(inside(partial, 'rejectedDataPoints') ?? 0);
  if (!(figures > 0)) return undefined;
  return {
    figures,
    why: String(inside(partial, 'errorMessage') ?? '').slice(0, SHOWN_CHARACTERS) || 'it does not say why',
  };
}

function inside(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** Writes `ExportMetricsServiceRequest` in JSON: a resource for each machine, a metric for each name. */
class OtlpWriter implements Writer {
  readonly #machines = new Made<Named, string>(resourceText);
  readonly #figures = new Made<
    Figure,
    { readonly metric: Metric; readonly front: string; readonly attributes: string }
  >((figure) => {
    const metric = conventional(figure);
    const front = `{"name":${JSON.stringify(metric.name)},"unit":${JSON.stringify(metric.unit)},`;
    return { metric, front, attributes: `{"attributes":[${attributesText(metric.attributes)}],` };
  });
  #resources: string[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add({ machine, figures, values, time_ms }: Snapshot): void {
    const time = `"timeUnixNano":"${Math.round(time_ms)}000000","asDouble":`;
    const metrics = new Map<string, { kind: Metric['kind']; points: string }>();
    for (let i = 0; i < figures.length; i++) {
      const { metric, front, attributes } = this.#figures.of(figures[i] as Figure);
      const point = `${attributes}${time}${inBaseUnit(values[i] as number, metric.divisor)}}`;
      const known = metrics.get(front);
      if (known === undefined) metrics.set(front, { kind: metric.kind, points: point });
      else known.points += `,${point}`;
    }
    let text = '';
    for (const [front, { kind, points }] of metrics)
      text += `${text === '' ? '' : ','}${front}${KINDS[kind]}${points}]}}`;
    const resource = `{"resource":${this.#machines.of(machine)},"scopeMetrics":[{"scope":{"name":"ganglion"},"metrics":[${text}]}]}`;
    this.#resources.push(resource);
    this.#size += resource.length;
  }

  take(): Uint8Array {
    const bytes = Buffer.from(`{"resourceMetrics":[${this.#resources.join(',')}]}`);
    this.#resources = [];
    this.#size = 0;
    return bytes;
  }
}

/** What stands before the points. An amount that can be added up over machines is a sum, that goes up and down. */
const KINDS: Readonly<Record<Metric['kind'], string>> = {
  gauge: '"gauge":{"dataPoints":[',
  amount: '"sum":{"aggregationTemporality":2,"isMonotonic":false,"dataPoints":[',
};

/** A machine is a host; its owner's labels are attributes by their names. */
function resourceText({ name, labels }: Named): string {
  const given = labels.filter(([label]) => label !== 'host.name');
  return `{"attributes":[${attributesText([['host.name', name], ...given])}]}`;
}

function attributesText(labels: readonly Label[]): string {
  return labels
    .map(([name, value]) => `{"key":${JSON.stringify(name)},"value":{"stringValue":${JSON.stringify(value)}}}`)
    .join(',');
}
