// Stands for trackers and analyzers: publishes the analyses of simulated machines at an even pace that waits for nothing.
// Each is from the moment at which it was due, so what this program is late counts against what is measured.

import { connect } from 'amqplib';
import { Machines } from '../../modules/analyzer/src/machines.ts';
import { bands } from '../../modules/analyzer/src/rules/bands.ts';
import { SimulatedMachine } from '../../modules/simulator/src/machine.ts';

const SEED = 7;
const INTERVAL_MS = 1_000;

/** Between two looks at whose turn it is. */
const TURN_MS = 5;

const SENDER = 'analyzer-bench';

const [url = '', exchange = '', count = ''] = process.argv.slice(2);

const connection = await connect(url, { noDelay: true });
const channel = await connection.createChannel();
await channel.assertExchange(exchange, 'topic', { durable: true });

// Nothing goes wrong with any: a machine that says nothing would be a sample that never came.
const machines = Array.from(
  { length: Number(count) },
  (_, number) => new SimulatedMachine({ seed: SEED, number, faults_per_day: 0 }),
);
const settings = {
  medium_from: 25,
  high_from: 75,
  margin: 3,
  dwell_ms: 5_000,
  alert_after_ms: 0,
  clear_ms: 0,
  limits: [],
};
const judged = new Machines({
  rules: [{ rule: bands, judge: bands.judge(settings), shadow: false }],
  count: () => {},
  onFault: (_rule, _machine, why) => {
    throw new Error(why);
  },
});
const start_ms = Date.now();
let taken = 0;

setInterval(() => {
  const due = Math.floor(((Date.now() - start_ms) / INTERVAL_MS) * machines.length);
  for (; taken < due; taken++) {
    const at_ms = ((taken + 1) / machines.length) * INTERVAL_MS;
    const machine = machines[taken % machines.length];
    const body = machine?.sample(at_ms);
    if (machine === undefined || body === undefined) continue;
    const due_ms = Math.floor(start_ms + at_ms);
    const { analysis } = judged.sample({ machine: machine.name, body, time_ms: due_ms }, due_ms);
    channel.publish(exchange, `${machine.name}.analysis`, Buffer.from(JSON.stringify(analysis)), {
      persistent: true,
      messageId: `${SENDER}/${taken}`,
      appId: SENDER,
      type: 'analysis',
      contentType: 'application/json',
      headers: {
        time: new Date(due_ms).toISOString(),
        hops: `[["simulator-bench",${due_ms}],["${SENDER}",${Date.now()}]]`,
      },
    });
  }
}, TURN_MS);

process.on('SIGTERM', () => process.exit());
console.log('ready');
