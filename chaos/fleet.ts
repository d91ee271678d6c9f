// Many machines in one process: each a tracker module of its own, as `ganglion run tracker` starts it, over one bus with a
// spool. `fleet.js NAME BROKER EXCHANGE FOLDER FIRST COUNT` plays the machines FIRST to FIRST + COUNT - 1.

import { amqpBus } from '@ganglion/bus-amqp';
import { type RunningModule, runModule, silentLog, stopOnSignal } from '@ganglion/kernel';
import { openSpool } from '@ganglion/spool';
import tracker from '@ganglion/tracker';

/** As `ganglion run tracker` has it. */
const MEMORY_MESSAGES = 10;

const [name = '', url = '', exchange = '', folder = '', first = '0', count = '1'] = process.argv.slice(2);

const store = openSpool({ folder, limit_bytes: 256 * 1024 * 1024, limit_age_ms: 3_600_000 });
const bus = amqpBus({
  url,
  exchange,
  name: `fleet-${name}-${process.pid}`,
  spool: { store, pattern: '#.measure', memory_messages: MEMORY_MESSAGES, replay_per_second: 1_000 },
});
const trackers: RunningModule[] = [];
stopOnSignal(async () => {
  await Promise.all(trackers.map((running) => running.stop()));
  await bus.close();
});
for (let i = 0; i < Number(count); i++) {
  const machine = `m${Number(first) + i}.example.com`;
  trackers.push(await runModule(tracker, { bus, log: silentLog, config: { machine, interval_ms: 1_000 } }));
  // Spread over the second, as machines are.
  await new Promise((resolve) => setTimeout(resolve, 1_000 / Number(count)));
}
process.stderr.write(`${JSON.stringify({ level: 'info', msg: 'ready' })}\n`);
