// The notifier: listens to every alert, and tells people by the channels that the routes name.

import { hostname } from 'node:os';
import { defineModule, kept } from '@ganglion/kernel';
import { alert } from '@ganglion/topics';
import { Incidents } from './incidents.ts';
import { Outbox } from './outbox.ts';
import { Secrets } from './secret.ts';
import { config, makeReady, stateFolder } from './settings.ts';
import { type Change, Store } from './store.ts';

/**
 * Alerts that wait while no notifier runs, at most. An alert is acknowledged when what it leads to stands in the journal,
 * so that none is untold when a notifier dies.
 */
const WAITING = { limit_messages: 100_000, in_flight_max: 256, attempts_max: 3 };

/** The longest wait between two looks: the clock may be set. */
const LOOK_MS_MAX = 60_000;

export default defineModule({
  name: 'notifier',
  listens: { alert: kept(alert, WAITING) },
  config,
  start: ({ config, log, count, onStop, stopping }) => {
    const secrets = new Secrets();
    const { channels, routes } = makeReady(config, secrets);
    // Without a channel there is nobody to tell, and nothing to remember.
    if (channels.size === 0) return { alert: () => count('without_channel') };

    const folder = stateFolder(config);
    const store = new Store({
      folder,
      onFault: (error) => {
        count('journal_faults');
        log.error({ code: 'JOURNAL_UNWRITABLE' }, error.message);
      },
    });
    if (store.torn_lines > 0) {
      count('journal_lines_torn', store.torn_lines);
      log.warn({ folder, lines: store.torn_lines }, `${store.torn_lines} lines of the journal were cut off or damaged`);
    }
    const outbox = new Outbox({ store, channels, log, count, cleared: (text) => secrets.cleared(text) });
    const incidents = new Incidents({
      store,
      routes,
      channels: [...channels.keys()],
      page_url: config.page_url,
      gather_ms: config.gather_ms,
      tell: (channel, notice, change) => outbox.add(channel, notice, change),
      count,
    });

    let timer: NodeJS.Timeout | undefined;
    const look = () => {
      const change: Change = new Map();
      incidents.look(Date.now(), change);
      commit(change);
    };
    const plan = () => {
      clearTimeout(timer);
      if (stopping.aborted) return;
      const next_ms = incidents.nextLook() ?? Number.POSITIVE_INFINITY;
      timer = setTimeout(look, Math.max(1, Math.min(LOOK_MS_MAX, next_ms - Date.now())));
    };
    const commit = (change: Change) => {
      store.commit(change);
      outbox.wake();
      plan();
    };
    onStop(async () => {
      clearTimeout(timer);
      await outbox.stop();
      store.close();
    });
    log.info(
      { folder, channels: [...channels.keys()], waiting: outbox.waiting, open: incidents.open },
      `tells people by ${[...channels.keys()].join(', ')}, from ${hostname()}`,
    );
    look();

    return {
      alert: ({ source, body, time_ms }) => {
        const change: Change = new Map();
        incidents.take({ machine: source, alert: body, time_ms }, Date.now(), change);
        commit(change);
      },
    };
  },
});
