// Prometheus, which asks: `/metrics` in its own text format, and in OpenMetrics for who wants that. The figures are those that the
// machines had last when it asks, without times: a machine that is not heard any more leaves, and Prometheus knows that its series end.
// https://prometheus.io/docs/instrumenting/exposition_formats/
// https://prometheus.io/docs/specs/om/open_metrics_spec/

import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Secret } from '@ganglion/kernel';
import Type from 'typebox';
import { metricsPortUnusable } from '../errors.ts';
import type { Figure } from '../figures.ts';
import type { Fleet, Named } from '../fleet.ts';
import { defineFormat } from '../format.ts';
import { Made } from '../made.ts';
import { type Family, familyOf, inBaseUnit, machineLabels, ownLabels, Twins } from '../prometheus-names.ts';
import { Turns } from '../turns.ts';

/** Connections at once; there are a few Prometheis, and each has one. */
const CONNECTIONS_MAX = 64;

/** Answers under way; who asks meanwhile is told to come again. */
const ANSWERS_MAX = 4;

/** What a request may take to arrive, and for how long an answer may wait for who reads it. */
const REQUEST_MS = 10_000;

/** Characters that are written at once. */
const CHUNK_CHARACTERS = 65_536;

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export const prometheus = defineFormat({
  name: 'prometheus',
  config: Type.Object(
    {
      port: Type.Integer({
        minimum: 0,
        maximum: 65_535,
        default: 0,
        description: 'Where Prometheus finds /metrics, 9464 by custom; 0: nowhere',
      }),
      host: Type.String({
        default: '127.0.0.1',
        minLength: 1,
        description: 'The address that is listened on; 0.0.0.0 for other machines',
      }),
      token: Type.Optional(Secret('a token that who asks has to show (Authorization: Bearer)')),
    },
    { additionalProperties: false, default: {} },
  ),
  open: async ({ port, host, token: place }, { fleet, log, count, secret }) => {
    if (port === 0) return undefined;
    const token = place === undefined ? undefined : secret('token', place);
    const page = new MetricsPage(fleet);
    let under_way = 0;
    const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
      void answer(request, response).catch(() => response.destroy());
    });

    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      // What it sends besides is of no interest.
      request.resume();
      const say = (status: number, text: string, headers: Record<string, string> = {}) =>
        response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(`${text}\n`);
      const [path] = (request.url ?? '').split('?', 1);
      if (request.method !== 'GET' && request.method !== 'HEAD') return say(405, 'GET', { allow: 'GET, HEAD' });
      if (path !== '/metrics') return say(404, 'the metrics are at /metrics');
      if (token !== undefined && !shows(request, token)) {
        count('prometheus_refused');
        return say(401, 'a token is needed', { 'www-authenticate': 'Bearer' });
      }
      if (under_way >= ANSWERS_MAX) {
        count('prometheus_too_many');
        return say(503, 'others are being answered', { 'retry-after': '1' });
      }
      under_way++;
      try {
        count('prometheus_answers');
        const is_open = request.headers.accept?.includes('application/openmetrics-text') ?? false;
        response.writeHead(200, { 'content-type': is_open ? OPEN_METRICS : TEXT });
        if (request.method === 'HEAD') return response.end();
        response.setTimeout(REQUEST_MS, () => response.destroy());
        for await (const chunk of page.write(Date.now(), is_open)) {
          if (response.destroyed) break;
          if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
        }
        return response.end();
      } finally {
        under_way--;
      }
    };

    server.maxConnections = CONNECTIONS_MAX;
    await listen(server, host, port);
    log.info({ port, host }, `Prometheus finds the metrics at http://${host}:${port}/metrics`);
    if (token === undefined && !isLoopback(host)) {
      log.warn(
        { host },
        'everyone who reaches this address can read the metrics; exporter.prometheus.token asks for a token',
      );
    }
    return {
      close: () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  },
});

/** What one answer says: family by family, as the format asks. */
class MetricsPage {
  readonly #fleet: Fleet;
  readonly #families = new Made<Figure, Family>(familyOf);
  /** `machine="db-01",site="a"`. */
  readonly #fronts = new Made<Named, string>((named) => labelsText(machineLabels(named)));
  readonly #twins = new Twins();
  readonly #own = new Made<Figure, string>((figure) => labelsText(ownLabels(figure)));

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  async *write(now_ms: number, is_open: boolean): AsyncGenerator<string> {
    const turns = new Turns();
    const families = new Map<string, { family: Family; named: Named[]; figures: Figure[]; values: number[] }>();
    for (const name of this.#fleet.names) {
      const snapshot = this.#fleet.snapshot(name, now_ms);
      if (snapshot === undefined) continue;
      const { machine, figures, values } = snapshot;
      for (let i = 0; i < figures.length; i++) {
        if (this.#twins.isOther(figures, i)) continue;
        const figure = figures[i] as Figure;
        const family = this.#families.of(figure);
        let rows = families.get(family.name);
        if (rows === undefined) {
          rows = { family, named: [], figures: [], values: [] };
          families.set(family.name, rows);
        }
        rows.named.push(machine);
        rows.figures.push(figure);
        rows.values.push(inBaseUnit(values[i] as number, family.divisor));
      }
      if (turns.isOver()) await turns.next();
    }
    let text = '';
    for (const { family, named, figures, values } of families.values()) {
      text += headOf(family, is_open);
      for (let i = 0; i < figures.length; i++) {
        text += `${family.name}{${this.#labels(named[i] as Named, figures[i] as Figure)}} ${values[i]}\n`;
        if (text.length < CHUNK_CHARACTERS) continue;
        yield text;
        text = '';
        if (turns.isOver()) await turns.next();
      }
    }
    yield is_open ? `${text}# EOF\n` : text;
  }

  #labels(named: Named, figure: Figure): string {
    const own = this.#own.of(figure);
    if (own === '') return this.#fronts.of(named);
    if (named.labels.length === 0 || figure.labels.length === 0) return `${this.#fronts.of(named)},${own}`;
    const names = new Set(ownLabels(figure).map(([name]) => name));
    const others = machineLabels(named).filter(([name]) => !names.has(name));
    return others.length === machineLabels(named).length
      ? `${this.#fronts.of(named)},${own}`
      : `${labelsText(others)},${own}`;
  }
}

function headOf({ name, unit, help }: Family, is_open: boolean): string {
  const unit_line = is_open && unit !== '' ? `# UNIT ${name} ${unit}\n` : '';
  return `# TYPE ${name} gauge\n${unit_line}# HELP ${name} ${help}\n`;
}

function labelsText(labels: readonly (readonly [string, string])[]): string {
  return labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(',');
}

function escaped(text: string): string {
  return /["\\\n]/.test(text) ? text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n') : text;
}

function shows({ headers }: IncomingMessage, token: string): boolean {
  const shown = Buffer.from(headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return shown.length === wanted.length && timingSafeEqual(shown, wanted);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(metricsPortUnusable(host, port, error)));
    server.listen({ host, port }, resolve);
  });
}
