// The importer: listens to what other agents send, and publishes it as measures, so that their machines are here like any other.

import { defineModule, type Log, LogLimiter, live, type MessageOf } from '@ganglion/kernel';
import { measure } from '@ganglion/topics';
import Type from 'typebox';
import { importFailed } from './errors.ts';
import { Machines } from './machines.ts';
import { collectd, telegraf } from './sources/index.ts';

/** An agent sends many small messages at a time, and a fleet of them at the same second. */
const BURSTS = { limit_messages: 100_000, in_flight_max: 1_000 };

/** Where an agent publishes that has an exchange of its own. */
function Elsewhere(agent: string) {
  return Type.Object(
    {
      exchange: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 127,
          description: `The exchange that ${agent} publishes to, if it is another than ours; as it stands`,
        }),
      ),
      pattern: Type.String({
        default: '#',
        minLength: 1,
        maxLength: 255,
        description: 'Which of the routing keys there; of a direct exchange, the one key',
      }),
    },
    { additionalProperties: false, default: {} },
  );
}

/** Between two looks at which measures are due. */
const LOOK_MS = 100;

export default defineModule({
  name: 'importer',
  listens: { collectd: live(collectd.topic, BURSTS), telegraf: live(telegraf.topic, BURSTS) },
  publishes: { measure },
  config: Type.Object(
    { collectd: Elsewhere('collectd'), telegraf: Elsewhere('Telegraf') },
    { additionalProperties: false },
  ),
  start: ({ config, count, emit, listen, log, onStop }) => {
    const onFailed = teller(log, count);
    const of_collectd = new Machines(collectd, { count, onFailed });
    const of_telegraf = new Machines(telegraf, { count, onFailed });
    const look = () => {
      const now_ms = Date.now();
      for (const machines of [of_collectd, of_telegraf]) {
        for (const { machine, body, time_ms } of machines.due(now_ms)) {
          void emit(measure(machine, body, time_ms));
        }
      }
    };
    const timer = setInterval(look, LOOK_MS);
    onStop(() => clearInterval(timer));

    const handlers = {
      collectd: ({ body }: MessageOf<typeof collectd.topic>) => of_collectd.take(body, Date.now()),
      telegraf: ({ body }: MessageOf<typeof telegraf.topic>) => of_telegraf.take(body, Date.now()),
    };
    if (config.collectd.exchange !== undefined) {
      listen(live(collectd.topic, there(config.collectd)), handlers.collectd);
    }
    if (config.telegraf.exchange !== undefined) {
      listen(live(telegraf.topic, there(config.telegraf)), handlers.telegraf);
    }
    return handlers;
  },
});

function there({ exchange, pattern }: { readonly exchange?: string; readonly pattern: string }) {
  return { ...BURSTS, from: exchange, sources: pattern };
}

/** Counts what fails, and tells it now and then. */
function teller(log: Log, count: (name: string) => void): (machine: string, thrown: unknown) => void {
  const limiter = new LogLimiter();
  return (machine, thrown) => {
    count('failed');
    const held_back = limiter.pass('failed');
    if (held_back === undefined) return;
    log.error({ code: 'IMPORT_FAILED', machine, held_back }, importFailed(machine, thrown).message);
  };
}
