// Many machines in one process: each a tracker module of its own, as `ganglion run tracker` starts it, over one bus with a
// spool. `fleet.js NAME BROKER EXCHANGE FOLDER FIRST COUNT [MEMORY]` plays the machines FIRST to FIRST + COUNT - 1, with
// MEMORY measures that wait for the broker in memory before the others wait in files. Asked to stop, it says how many measures it has sent, and how many of them are left in the spool.

import { setTimeout as pause } from 'node:timers/promises';
import { amqpBus } from '@ganglion/bus-amqp';
import {
  type Bus,
  type Envelope,
  type Log,
  type RunningModule,
  runModule,
  silentLog,
  stopOnSignal,
} from '@ganglion/kernel';
import { openSpool } from '@ganglion/spool';
import tracker from '@ganglion/tracker';

/** As `ganglion run tracker` has it, for its one machine. */
const MEMORY_MESSAGES = '10';

/** What the spool may take to be sent when this is asked to stop. */
const REPLAY_MS = 10_000;

const words = process.argv.slice(2);
const [name = '', url = '', exchange = '', folder = '', first = '0', count = '1', memory = MEMORY_MESSAGES] = words;

const say = (level: string, fields: object, msg: string) =>
  process.stderr.write(`${JSON.stringify({ level, time: new Date().toISOString(), msg, ...fields })}\n`);
const log: Log = {
  ...silentLog,
  info: (fields, text) => say('info', fields, text),
  warn: (fields, text) => say('warn', fields, text),
};

let sent = 0;
const store = openSpool({ folder, limit_bytes: 256 * 1024 * 1024, limit_age_ms: 3_600_000 });
const over = amqpBus({
  url,
  exchange,
  name: `fleet-${name}-${process.pid}`,
  log,
  spool: { store, pattern: '#.measure', memory_messages: Number(memory), replay_per_second: 1_000 },
});
const bus: Bus = Object.create(over, {
  publish: {
    value: (envelope: Envelope) => {
      if (envelope.key.endsWith('.measure')) sent++;
      return over.publish(envelope);
    },
  },
});
const trackers: RunningModule[] = [];
stopOnSignal(async () => {
  await Promise.all(trackers.map((running) => running.stop()));
  for (const until_ms = Date.now() + REPLAY_MS; over.buffer.spooled > 0 && Date.now() < until_ms; ) await pause(50);
  const { spooled } = over.buffer;
  await over.close();
  say('info', { sent, spooled }, 'ended');
});
for (let i = 0; i < Number(count); i++) {
  const machine = `m${Number(first) + i}.example.com`;
  const instance = `tracker-${process.pid}@${machine}`;
  trackers.push(await runModule(tracker, { bus, log: silentLog, instance, config: { machine, interval_ms: 1_000 } }));
  // Spread over the second, as machines are.
  await pause(1_000 / Number(count));
}
say('info', {}, 'ready');
