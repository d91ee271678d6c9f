// Asks the recorder over the bus, as any module does.

import { amqpBus } from '@ganglion/bus-amqp';
import { defineModule, runModule, silentLog } from '@ganglion/kernel';
import { type PastAnswered, type PastAnswerOf, type PastAsked, past } from '@ganglion/topics';

export interface Asker {
  /** Asks; rejects when the answer is none to what was asked. */
  ask<What extends PastAsked['what']>(asked: PastAsked & { readonly what: What }): Promise<PastAnswerOf<What>>;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

export async function startAsker(url: string, exchange: string): Promise<Asker> {
  let ask: ((asked: PastAsked) => Promise<PastAnswered>) | undefined;
  const module = defineModule({
    name: 'asker',
    asks: { past },
    start: (context) => {
      ask = (asked) => context.ask(past, asked.what === 'range' ? asked.machine : 'fleet', asked);
    },
  });
  const bus = amqpBus({ url, exchange, exchange_durable: true, name: `asker-${process.pid}@bench`, log: silentLog });
  const running = await runModule(module, { bus, log: silentLog });
  let stopped = false;
  const isOf = <What extends PastAsked['what']>(
    what: What,
    answered: PastAnswered | undefined,
  ): answered is PastAnswerOf<What> => answered?.what === what;
  return {
    async ask(asked) {
      const answered = await ask?.(asked);
      if (!isOf(asked.what, answered)) throw new Error(`asked for ${asked.what}, and got ${answered?.what}`);
      return answered;
    },
    async stop() {
      if (stopped) return;
      stopped = true;
      await running.stop();
      await bus.close();
    },
  };
}
