// Speaks for a fleet: a measure and an analysis of every machine each second, spread over it. `feed.js BROKER EXCHANGE MACHINES FILE`
// writes how many of each it has sent into a file, every second and at the end.

import { renameSync, writeFileSync } from 'node:fs';
import { connect } from 'amqplib';
import { fleetOf } from './machines.ts';

/** Machines that it speaks for in one turn, at most. */
const TURN_MAX = 100;

const TURN_MS = 10;

const [url = '', exchange = '', count = '', file = ''] = process.argv.slice(2);
const machines = Number(count);
const fleet = fleetOf(machines);

const connection = await connect(url, { noDelay: true });
const channel = await connection.createChannel();
let sent = 0;

function publish(machine: number, second: number): void {
  const name = fleet.names[machine] ?? '';
  const measure = fleet.measureOf(machine) as { readonly cpu_percentage: number; readonly memory_percentage: number };
  const { cpu_percentage, memory_percentage } = measure;
  const analysis = {
    cpu_result: 'LOW',
    cpu_percentage,
    memory_result: 'MEDIUM',
    memory_percentage,
    disks_result: 'LOW',
  };
  const headers = { time: new Date().toISOString() };
  const more = { persistent: true, headers, contentType: 'application/json' };
  channel.publish(exchange, `${name}.measure`, Buffer.from(JSON.stringify(measure)), {
    ...{ ...more, messageId: `tracker-0a1b@${name}/${second}`, appId: `tracker-0a1b@${name}`, type: 'measure' },
  });
  channel.publish(exchange, `${name}.analysis`, Buffer.from(JSON.stringify(analysis)), {
    ...{ ...more, messageId: `analyzer-0a1b@x/${second}/${machine}`, appId: 'analyzer-0a1b@x', type: 'analysis' },
  });
  sent++;
}

function note(): void {
  writeFileSync(`${file}.new`, String(sent));
  renameSync(`${file}.new`, file);
}

const began_ms = performance.now();
const pace = setInterval(() => {
  const due = Math.floor(((performance.now() - began_ms) / 1_000) * machines);
  // On a machine that is too busy it falls behind, and says so, instead of keeping everybody from working.
  for (let i = 0; i < TURN_MAX && sent < due; i++) publish(sent % machines, Math.floor(sent / machines));
}, TURN_MS);
const noting = setInterval(note, 1_000);

process.on('SIGTERM', async () => {
  clearInterval(pace);
  clearInterval(noting);
  await channel.close();
  await connection.close();
  note();
  process.exit();
});
note();
console.log('ready');
