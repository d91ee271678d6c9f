// The importer: listens to what other agents send, and publishes it as measures, so that their machines are here like any other.

import { defineModule, type Log, LogLimiter, live } from '@ganglion/kernel';
import { measure } from '@ganglion/topics';
import { importFailed } from './errors.ts';
import { Machines } from './machines.ts';
import { collectd, telegraf } from './sources/index.ts';

/** An agent sends many small messages at a time, and a fleet of them at the same second. */
const BURSTS = { limit_messages: 100_000, in_flight_max: 1_000 };

/** Between two looks at which measures are due. */
const LOOK_MS = 100;

export default defineModule({
  name: 'importer',
  listens: { collectd: live(collectd.topic, BURSTS), telegraf: live(telegraf.topic, BURSTS) },
  publishes: { measure },
  start: ({ count, emit, log, onStop }) => {
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

    return {
      collectd: ({ body }) => of_collectd.take(body, Date.now()),
      telegraf: ({ body }) => of_telegraf.take(body, Date.now()),
    };
  },
});

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
