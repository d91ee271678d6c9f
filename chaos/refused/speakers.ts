// A tracker's user on the broker that speaks for others.

import { readFileSync } from 'node:fs';
import { connect } from 'amqplib';
import { runModule } from '../programs.ts';
import { comesTrue, type Ground, HIDDEN, SHOWN, type Tried } from './ground.ts';

const FAMILIES = ['measure', 'analysis', 'alert', 'birth', 'death', 'outage', 'pulse'];
const OTHERS = [
  HIDDEN,
  'site1',
  'site1.db',
  'site1.db-01.a',
  'site1.db-011',
  'a.site1.db-01',
  'site1xdb-01',
  'SITE1.DB-01',
  '',
  '#',
  '*',
];
const INSTANCES = ['tracker-1@site2.db-01', 'analyzer-1@site1.db-01', 'web-1@site1.db-01', 'tracker-1@site1.db-01.a'];

/** The broker writes its log a moment later. */
const LOG_MS = 10_000;

export async function foreignMachines({ broker, broker_log, placeOf }: Ground): Promise<Tried[]> {
  const own = placeOf(`tracker-${SHOWN}`);
  const listening = await connect(broker.broker);
  const ears = await listening.createChannel();
  const { queue } = await ears.assertQueue('', { exclusive: true });
  await ears.bindQueue(queue, broker.exchange, '#');
  let heard = 0;
  let own_heard = false;
  await ears.consume(
    queue,
    (message) => {
      if (message?.content.toString().includes('forged')) heard++;
      own_heard ||= message?.fields.routingKey === `${SHOWN}.measure`;
    },
    { noAck: true },
  );

  const keys = [
    ...OTHERS.flatMap((source) => FAMILIES.map((family) => `${source}.${family}`)),
    ...FAMILIES.filter((family) => family !== 'measure').map((family) => `${SHOWN}.${family}`),
    ...INSTANCES.map((source) => `${source}.pulse`),
  ];
  const before = refusalsIn(broker_log).length;
  const speaking = await connect(own.broker);
  let refused = 0;
  for (const key of keys) {
    const channel = await speaking.createConfirmChannel();
    const closed = new Promise<unknown>((resolve) => void channel.once('error', resolve));
    channel.publish(own.exchange, key, Buffer.from('{"cpu_percentage":1,"forged":true}'));
    const outcome = await Promise.race([closed, channel.waitForConfirms().catch(() => closed)]);
    if (outcome instanceof Error && outcome.message.includes('ACCESS_REFUSED')) refused++;
  }
  await speaking.close();

  // And a real tracker, that was given another machine's name.
  const tracker = await runModule(own, 'tracker', '--machine', HIDDEN);
  const complaint = () => tracker.log.findLast(({ msg }) => msg.includes(`"${HIDDEN}.measure" not sent`));
  const told = await comesTrue(() => complaint()?.['code'] === 'MESSAGE_REFUSED');
  const said = complaint()?.msg;
  await tracker.stop();
  const honest = await runModule(own, 'tracker', '--machine', SHOWN);
  await comesTrue(() => own_heard);
  await honest.stop();
  await listening.close();

  const logged = await comesTrue(() => refusalsIn(broker_log).length - before >= keys.length, LOG_MS);
  const lines = refusalsIn(broker_log);
  return [
    {
      what: `the broker's user of a tracker that publishes for others (${keys.length} routing keys)`,
      tried: keys.length,
      refused,
      logged: logged ? lines.at(-1) : undefined,
      wrong: [
        ...(heard > 0 ? [`${heard} forged messages were delivered`] : []),
        ...(own_heard ? [] : ['its own machine was refused too']),
        ...(told ? [] : ['a tracker with a wrong name does not say that it is refused']),
      ],
      also: `${lines.length - before} lines in the broker's log; the tracker itself: ${said ?? 'nothing'}`,
    },
  ];
}

function refusalsIn(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /access to topic .* refused/.test(line))
    .map((line) => line.trim());
}
