// What a module counts about itself, summed up over its pulses.

import { connect } from 'amqplib';
import type { Place } from './programs.ts';

export interface PulseCounts {
  /** By name; grows with each pulse. */
  readonly counts: ReadonlyMap<string, number>;
  readonly close: () => Promise<void>;
}

/** Listens to the pulses of a module from now on. */
export async function countPulses({ broker, exchange }: Place, module: string): Promise<PulseCounts> {
  const counts = new Map<string, number>();
  const connection = await connect(broker);
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, exchange, '#.pulse');
  await channel.consume(
    queue,
    (message) => {
      // Whatever else says that it is a pulse may be part of a storm.
      if (!message?.fields.routingKey.startsWith(`${module}-`)) return;
      const pulse: { counts: Record<string, number> } = JSON.parse(message.content.toString());
      for (const [name, n] of Object.entries(pulse.counts)) counts.set(name, (counts.get(name) ?? 0) + n);
    },
    { noAck: true },
  );
  return { counts, close: () => connection.close() };
}
