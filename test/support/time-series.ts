// Other people's tools that take what we export, as Debian has them: each in a folder and on ports of its own, for the time of a test.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takePorts } from '@ganglion/testkit';
import { onTestFinished } from 'vitest';
import { start } from './program.ts';

/** Between two looks at a tool that does not tell by itself. */
const LOOK_MS = 100;

/** A time series as Prometheus has it. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch milliseconds and value, oldest first. */
  readonly samples: readonly (readonly [time_ms: number, value: number])[];
}

export interface Prometheus {
  readonly url: string;
  /** Where it takes what is written to it. */
  readonly write_url: string;
  /** What an expression has now; samples of a time, `name[1m]`, come as they were taken. */
  ask(expression: string): Promise<Series[]>;
}

export interface Influxdb {
  readonly url: string;
  /** The rows of an answer, by the names of their columns. */
  ask(query: string): Promise<Record<string, unknown>[]>;
}

/** Resolves to what `look` finds; it looks again until it finds something. */
export async function eventually<Found>(look: () => Promise<Found | undefined>): Promise<Found> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Free ports for the time of a test. */
export async function ownPorts(count: number): Promise<readonly number[]> {
  const { ports, release } = await takePorts(count);
  onTestFinished(release);
  return ports;
}

/** A folder for the time of a test. */
export function ownFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `ganglion-${name}-`));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a Prometheus that asks at a port each second, and takes what is written to it. */
export async function startPrometheus(metrics_port: number): Promise<Prometheus> {
  const folder = ownFolder('prometheus');
  const [port] = await ownPorts(1);
  const target = `    static_configs: [{ targets: ['127.0.0.1:${metrics_port}'] }]`;
  const config = ['scrape_configs:', '  - job_name: ganglion', '    scrape_interval: 1s', target, ''].join('\n');
  writeFileSync(`${folder}/prometheus.yml`, config);
  const program = start('prometheus', [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
  ]);
  await program.errors.first((line) => line.includes('Server is ready to receive web requests'));
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    write_url: `${url}/api/v1/write`,
    ask: async (expression) => {
      const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { data } = (await answer.json()) as { data: { result: Answered[] } };
      return data.result.map(({ metric, value, values = value === undefined ? [] : [value] }) => ({
        labels: metric,
        samples: values.map(([seconds, text]) => [Math.round(seconds * 1_000), Number(text)] as const),
      }));
    },
  };
}

interface Answered {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** Starts an InfluxDB with an empty database `ganglion`. */
export async function startInfluxdb(): Promise<Influxdb> {
  const folder = ownFolder('influxdb');
  const [port, other] = await ownPorts(2);
  const config = [
    'reporting-disabled = true',
    `bind-address = "127.0.0.1:${other}"`,
    `[meta]\ndir = "${folder}/meta"`,
    `[data]\ndir = "${folder}/data"\nwal-dir = "${folder}/wal"`,
    `[http]\nbind-address = "127.0.0.1:${port}"`,
    '[monitor]\nstore-enabled = false',
  ];
  writeFileSync(`${folder}/influxdb.conf`, config.join('\n'));
  const program = start('influxd', ['-config', `${folder}/influxdb.conf`]);
  await program.errors.first((line) => line.includes('Listening for signals'));
  const url = `http://127.0.0.1:${port}`;
  const ask = async (query: string) => {
    const answer = await fetch(`${url}/query?db=ganglion&epoch=ms&q=${encodeURIComponent(query)}`, { method: 'POST' });
    const { results } = (await answer.json()) as { results: { series?: Table[] }[] };
    return (results[0]?.series ?? []).flatMap(({ columns, values }) =>
      values.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]]))),
    );
  };
  await ask('CREATE DATABASE ganglion');
  return { url, ask };
}

interface Table {
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}
