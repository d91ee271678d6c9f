// Writes the figures of a fleet to a Prometheus, by remote write, every second: `writer.js URL MACHINES FILE` writes how many samples
// it has sent into a file. https://prometheus.io/docs/specs/prw/remote_write_spec/

import { renameSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { fleetOf } from './machines.ts';

/** Machines of one request: about as many samples as Prometheus itself sends at once. */
const AT_ONCE = 50;

/** Of a literal in snappy's format, with its length in two bytes. */
const LITERAL_MAX = 65_536;
const LITERAL = 61 << 2;

const [url = '', count = '', file = ''] = process.argv.slice(2);
const machines = Number(count);
const fleet = fleetOf(machines);
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
const headers = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
};

/** By machine and path: the labels as they stand in every message. */
const labels = new Map<string, Buffer>();
let sent = 0;
let refused = 0;

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

function field(tag: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, ...varint(bytes.length)]), bytes]);
}

function label(name: string, value: string): Buffer {
  return field(0x0a, Buffer.concat([field(0x0a, Buffer.from(name)), field(0x12, Buffer.from(value))]));
}

/** `TimeSeries { labels = 1, samples = 2: { value = 1, timestamp = 2 } }` of each figure. */
function series(machine: string, path: string, node: object, time: Buffer, into: Buffer[]): void {
  for (const [name, value] of Object.entries(node)) {
    const own = typeof value === 'object' && value !== null && 'name' in value ? String(value.name) : name;
    const at = path === '' ? own : `${path}/${own}`;
    if (typeof value === 'object' && value !== null) series(machine, at, value, time, into);
    if (typeof value !== 'number') continue;
    const key = `${machine} ${at}`;
    let own_labels = labels.get(key);
    if (own_labels === undefined) {
      const metric = `ganglion_${at.replaceAll(/[^a-z0-9]+/gi, '_')}`;
      own_labels = Buffer.concat([label('__name__', metric), label('machine', machine)]);
      labels.set(key, own_labels);
    }
    const sample = Buffer.alloc(9);
    sample[0] = 0x09;
    sample.writeDoubleLE(value, 1);
    into.push(field(0x0a, Buffer.concat([own_labels, field(0x12, Buffer.concat([sample, time]))])));
    sent++;
  }
}

/** In snappy's format, as it stands: whoever reads it is spared the work. */
function wrapped(bytes: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from(varint(bytes.length))];
  for (let at = 0; at < bytes.length; at += LITERAL_MAX) {
    const literal = bytes.subarray(at, at + LITERAL_MAX);
    const length = literal.length - 1;
    parts.push(Buffer.from([LITERAL, length % 256, length >> 8]), literal);
  }
  return Buffer.concat(parts);
}

function send(first: number): void {
  const time = Buffer.from([0x10, ...varint(Date.now())]);
  const all: Buffer[] = [];
  for (let machine = first; machine < Math.min(machines, first + AT_ONCE); machine++) {
    series(fleet.names[machine] ?? '', '', fleet.measureOf(machine), time, all);
  }
  const sending = request(url, { method: 'POST', agent, headers }, (answer) => {
    if (answer.statusCode !== 204) refused++;
    answer.resume();
  });
  sending.on('error', () => refused++);
  sending.end(wrapped(Buffer.concat(all)));
}

const began_ms = performance.now();
let turns = 0;
setInterval(() => {
  const due = Math.floor((((performance.now() - began_ms) / 1_000) * machines) / AT_ONCE);
  if (turns < due) send((turns++ * AT_ONCE) % machines);
}, 10);
const note = () => {
  writeFileSync(`${file}.new`, JSON.stringify({ sent, refused }));
  renameSync(`${file}.new`, file);
};
setInterval(note, 1_000);
process.on('SIGTERM', () => {
  note();
  process.exit();
});
note();
console.log('ready');
