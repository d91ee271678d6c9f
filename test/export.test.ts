// What the exporter hands over, as the tools it is for have it: a real Prometheus and a real InfluxDB from Debian's packages.

import { spawnSync } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { join, type Stranger } from './support/exchange.ts';
import { ownPlace, run } from './support/system.ts';
import { eventually, ownPorts, startInfluxdb, startPrometheus } from './support/time-series.ts';

const MACHINES = ['db-01.example.com', 'größe.東京', 'WEB "7"\\'];

/** Between two measures of a machine. */
const INTERVAL_MS = 500;

/** What was said: of each machine, by time, how much it has read. */
class Curve {
  readonly said = new Map<string, Map<number, number>>();
  readonly #stranger: Stranger;
  #serial = 0;

  constructor(stranger: Stranger) {
    this.#stranger = stranger;
  }

  /** Lets machines speak, until the test is over or the function that is returned is called. */
  speak(machines: readonly string[]): () => void {
    const timer = setInterval(() => {
      for (const machine of machines) this.#say(machine);
    }, INTERVAL_MS);
    const end = () => clearInterval(timer);
    onTestFinished(end);
    return end;
  }

  #say(machine: string): void {
    const read = ++this.#serial * 1_024 + 0.25;
    const now_ms = Date.now();
    this.said.set(machine, (this.said.get(machine) ?? new Map()).set(now_ms, read));
    const body = {
      cpu_percentage: 50,
      disks: { devices: { sda: { read_bytes_per_second: read } } },
      tape: { left_percentage: 12.21 },
    };
    this.#stranger.say(`${machine}.measure`, body, { headers: { time: new Date(now_ms).toISOString() } });
    this.#stranger.say(`${machine}.analysis`, { cpu_result: 'MEDIUM' });
  }
}

test('a real Prometheus has the same curve as was measured, asked for and sent, and knows who is silent', async () => {
  const place = ownPlace();
  const [port] = await ownPorts(1);
  const prometheus = await startPrometheus(port ?? 0);
  await run(
    place,
    'exporter',
    ...['--metrics-port', `${port}`],
    ...['--exporter.remote-write.url', prometheus.write_url, '--exporter.remote-write.interval-ms', `${INTERVAL_MS}`],
  );
  const curve = new Curve(await join(place.broker, place.exchange));
  const stop = curve.speak(MACHINES);

  const READ = 'ganglion_disks_read_bytes_per_second';
  const all = await eventually(async () => {
    const series = await prometheus.ask(`${READ}[5m]`);
    return series.length === 2 * MACHINES.length && series.every(({ samples }) => samples.length >= 4)
      ? series
      : undefined;
  });
  for (const { labels, samples } of all) {
    const said = curve.said.get(labels['machine'] ?? '');
    expect(labels).toMatchObject({ __name__: READ, device: 'sda' });
    for (const [time_ms, value] of samples) {
      // Asked for, a figure has the time of the answer; sent, its own.
      if (labels['job'] === 'ganglion') expect([...(said?.values() ?? [])]).toContain(value);
      else expect(said?.get(time_ms)).toBe(value);
    }
  }
  for (const [expression, value] of [
    ['ganglion_tape_left_ratio', 0.1221],
    ['ganglion_usage_ratio{resource="cpu"}', 0.5],
    ['ganglion_band{band="MEDIUM"}', 1],
    ['ganglion_up', 1],
  ] as const) {
    const series = await eventually(async () => {
      const found = await prometheus.ask(expression);
      return found.length === 2 * MACHINES.length ? found : undefined;
    });
    expect(series.map(({ samples }) => samples[0]?.[1])).toEqual(series.map(() => value));
  }

  stop();
  curve.speak(MACHINES.slice(1));
  const [silent = ''] = MACHINES;
  await eventually(async () => {
    const series = await prometheus.ask(READ);
    return series.every(({ labels }) => labels['machine'] !== silent) || undefined;
  });
  expect((await prometheus.ask(READ)).length).toBe(2 * (MACHINES.length - 1));
  await eventually(async () => {
    const up = await prometheus.ask(`ganglion_up{machine="${silent}"}`);
    return (up.length === 2 && up.every(({ samples }) => samples[0]?.[1] === 0)) || undefined;
  });
});

test("what this very machine measures is read by Prometheus's own promtool, which has nothing to say against it", async () => {
  const [port] = await ownPorts(1);
  const place = ownPlace();
  await Promise.all([
    run(place, 'exporter', '--metrics-port', `${port}`),
    run(place, 'tracker', '--interval', '200ms', '--label', 'site=a "b"\\'),
    run(place, 'presence'),
  ]);
  const text = await eventually(async () => {
    const told = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return told.includes('ganglion_network_received_bytes_per_second') && told.includes('site=') ? told : undefined;
  });
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  expect([status, stdout, stderr]).toEqual([0, '', '']);
});

test('a real InfluxDB has what was measured, at its time', async () => {
  const place = ownPlace();
  const influxdb = await startInfluxdb();
  const url = `${influxdb.url}/write?db=ganglion`;
  await run(place, 'exporter', '--exporter.influxdb.url', url, '--exporter.influxdb.interval-ms', `${INTERVAL_MS}`);
  const curve = new Curve(await join(place.broker, place.exchange));
  curve.speak(MACHINES);
  const rows = await eventually(async () => {
    const found = await influxdb.ask('SELECT machine, device, read_bytes_per_second FROM disks');
    return found.length >= 3 * MACHINES.length ? found : undefined;
  });
  expect(new Set(rows.map(({ machine }) => machine)).size).toBe(MACHINES.length);
  for (const { time, machine, device, read_bytes_per_second } of rows) {
    // A backslash at the end would escape what follows.
    const said = curve.said.get(String(machine).replace(/_$/, '\\'));
    expect([device, said?.get(Number(time))]).toEqual(['sda', read_bytes_per_second]);
  }
});
