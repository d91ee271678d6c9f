// What a module counts about itself, summed up over its pulses.

import { connect } from 'amqplib';
import type { Place } from './programs.ts';

export interface PulseCounts {
  /** By name, and `in.<family>` for what it read; grows with each pulse. */
  readonly counts: ReadonlyMap<string, number>;
  /** Resolves when everything that has happened by now is in `counts`. */
  readonly settled: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Listens to the pulses of a module from now on. */
export async function countPulses({ broker, exchange }: Place, module: string): Promise<PulseCounts> {
  const counts = new Map<string, number>();
  const waiting = new Set<() => void>();
  const connection = await connect(broker);
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, exchange, '#.pulse');
  await channel.consume(
    queue,
    (message) => {
      // Whatever else says that it is a pulse may be part of a storm.
      if (!message?.fields.routingKey.startsWith(`${module}-`)) return;
      const pulse: Record<'in' | 'counts', Record<string, number>> = JSON.parse(message.content.toString());
      const read = Object.entries(pulse.in).map(([family, n]) => [`in.${family}`, n] as const);
      for (const [name, n] of [...read, ...Object.entries(pulse.counts)]) counts.set(name, (counts.get(name) ?? 0) + n);
      for (const tell of waiting) tell();
      waiting.clear();
    },
    { noAck: true },
  );
  const next = () => new Promise<void>((resolve) => void waiting.add(resolve));
  // The next one may be on its way already.
  const settled = () => next().then(next);
  return { counts, settled, close: () => connection.close() };
}
