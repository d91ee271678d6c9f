// Presence: listens to whatever gives a sign of life, and publishes who is here and who is gone. The broker tells within
// milliseconds whose connection has ended; where it does not, silence does.

import { compilePattern, defineModule, live, PULSE_INTERVAL_MS } from '@ganglion/kernel';
import { birth, death, measure, outage, PATIENCE_MS, pulse } from '@ganglion/topics';
import Type from 'typebox';
import { Outages } from './outages.ts';
import { type Entry, Roster } from './roster.ts';

/** Presence may be slower than a whole fleet that starts: only the newest signs count. */
const SIGNS = { limit_messages: 20_000, in_flight_max: 1_000 };

/** Between two looks at who is silent. */
const LOOK_MS = 250;

/** Before everything is told again for someone new, so that many who come together are served together. */
const REPEAT_MS = 300;

/** Messages that are offered to the bus at once when everything is told again. */
const REPEAT_AT_ONCE = 200;

export default defineModule({
  name: 'presence',
  listens: { measure: live(measure, SIGNS), pulse: live(pulse, SIGNS) },
  publishes: { birth, death, outage },
  config: Type.Object(
    {
      sources_max: Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        default: 20_000,
        description: 'Machines and instances it knows at most, the dead included.',
      }),
      silence_intervals: Type.Number({
        minimum: 2,
        maximum: 1_000,
        default: 3,
        description: 'Who is silent for so many of its own intervals is dead.',
      }),
      outage_machines_min: Type.Integer({
        minimum: 2,
        maximum: 100_000,
        default: 10,
        description: 'So many machines cut off together are also told as one outage.',
      }),
      outage_window_ms: Type.Integer({
        minimum: 100,
        maximum: 60_000,
        default: 2_000,
        description: 'What "together" means.',
      }),
      remember_ms: Type.Integer({
        minimum: 1_000,
        maximum: 2_592_000_000,
        default: 86_400_000,
        description: 'The dead are forgotten after this.',
      }),
    },
    { additionalProperties: false },
  ),
  start: ({ instance: me, config, bus, count, emit, log, onStop, stopping }) => {
    const roster = new Roster(config);
    const outages = new Outages({ machines_min: config.outage_machines_min, window_ms: config.outage_window_ms });
    let timer: NodeJS.Timeout | undefined;
    let repeating: NodeJS.Timeout | undefined;
    let repeated = Promise.resolve();

    const tellBirth = (entry: Entry, repeated?: true) =>
      emit(
        birth(entry.source, {
          kind: entry.kind,
          instance: entry.instance,
          ...(entry.interval_ms === undefined ? {} : { interval_ms: Math.round(entry.interval_ms) }),
          born_ms: entry.born_epoch_ms,
          about: { ...entry.about },
          ...(repeated && { repeated }),
        }),
      );

    const tellDeath = (entry: Entry, repeated?: true) => {
      const { cause = 'silent', at_epoch_ms = Date.now() } = entry.death ?? {};
      const died_ms = Math.round(at_epoch_ms);
      return emit(
        death(
          entry.source,
          {
            kind: entry.kind,
            instance: entry.instance,
            cause,
            died_ms,
            last_seen_ms: Math.round(entry.last_epoch_ms),
            about: { ...entry.about },
            ...(repeated && { repeated }),
          },
          died_ms,
        ),
      );
    };

    const bury = (dead: readonly Entry[]) => {
      for (const entry of dead) {
        void tellDeath(entry);
        const { death } = entry;
        if (death === undefined) continue;
        const { kind, source, instance } = entry;
        log.info({ source, kind, instance, cause: death.cause }, `${kind} ${source} is gone: ${WORDS[death.cause]}`);
        if (kind === 'machine' && death.cause !== 'stopped') outages.add(source, death.at_ms, death.at_epoch_ms);
      }
    };

    const look = () => {
      const now_ms = performance.now();
      if (bus.status.connected) bury(roster.look(now_ms, Date.now()));
      const over = outages.look(now_ms);
      if (over !== undefined) {
        log.warn({ count: over.count, pattern: over.pattern }, `outage: ${over.count} machines were cut off together`);
        void emit(outage(me, over));
      }
      plan();
    };

    const plan = () => {
      clearTimeout(timer);
      if (!stopping.aborted) timer = setTimeout(look, Math.min(LOOK_MS, roster.nextLook(performance.now()) ?? LOOK_MS));
    };

    const repeatAll = async () => {
      // The living first: whoever hears of a death knows by then who is still here.
      const entries = [...roster];
      const living = entries.filter(({ death }) => death === undefined);
      const dead = entries.filter(({ death }) => death !== undefined);
      for (const some of [...inLots(living), ...inLots(dead)]) {
        if (stopping.aborted) return;
        await Promise.all(some.map((entry) => (entry.death ? tellDeath(entry, true) : tellBirth(entry, true))));
      }
    };

    /** Someone new listens to births: it hears of everyone without having to ask. */
    const repeatSoon = () => {
      repeating ??= setTimeout(async () => {
        await repeated;
        // Whoever comes while it is told may have missed the beginning.
        repeating = undefined;
        repeated = repeatAll();
      }, REPEAT_MS);
    };

    const unwatchStatus = bus.onStatus(() => roster.doubt(performance.now(), PATIENCE_MS));
    const unwatchConnections = bus.watchConnections?.('presence.connections', ({ name, id, open }) => {
      const now_ms = performance.now();
      if (open) roster.joined(name, id, now_ms, PATIENCE_MS);
      else roster.left(name, id, now_ms);
      plan();
    });
    onStop(() => {
      unwatchStatus();
      unwatchConnections?.();
      clearTimeout(timer);
      clearTimeout(repeating);
    });
    plan();

    const countRefused = () => {
      if (roster.refused === 0) return;
      count('sources_not_taken', roster.refused);
      roster.refused = 0;
    };

    return {
      measure: ({ source, sender }) => {
        const tracker = roster.entry('instance', sender);
        const born = roster.heard(
          { source, kind: 'machine', instance: sender, connection: tracker?.connection, ...machineIn(tracker, source) },
          performance.now(),
          Date.now(),
        );
        countRefused();
        if (born !== undefined) void tellBirth(born);
      },

      pulse: ({ source, body }) => {
        const now_ms = performance.now();
        const { about, stopping: goodbye = false } = body;
        if (goodbye) {
          bury(roster.stopped(source, now_ms, Date.now()));
          return;
        }
        const born = roster.heard(
          {
            source,
            kind: 'instance',
            instance: source,
            about: about && { role: body.module, ...about },
            connection: about?.connection,
            interval_ms: PULSE_INTERVAL_MS,
          },
          now_ms,
          Date.now(),
        );
        countRefused();
        const machine = machineIn(roster.entry('instance', source));
        if (machine !== undefined) {
          const news = roster.described(machine.name, { instance: source, connection: about?.connection, ...machine });
          if (news !== undefined) void tellBirth(news);
        }
        if (born === undefined) return;
        void tellBirth(born);
        const hears = about?.listens.some((pattern) => compilePattern(pattern)(`${source}.birth`)) ?? false;
        if (hears) repeatSoon();
      },
    };
  },
});

const WORDS = {
  stopped: 'it was stopped',
  connection_lost: 'its connection ended',
  silent: 'it has gone silent',
} as const;

/** Entries that are told at once. */
function inLots(entries: readonly Entry[]): Entry[][] {
  const lots = Math.ceil(entries.length / REPEAT_AT_ONCE);
  return Array.from({ length: lots }, (_, i) => entries.slice(i * REPEAT_AT_ONCE, (i + 1) * REPEAT_AT_ONCE));
}

/** The machine that a tracker says it measures. */
function machineIn(tracker: Entry | undefined, name?: string) {
  const machine: unknown = tracker?.about['machine'];
  if (typeof machine !== 'object' || machine === null || !('name' in machine)) return undefined;
  if (typeof machine.name !== 'string' || (name !== undefined && machine.name !== name)) return undefined;
  const interval_ms = 'interval_ms' in machine ? machine.interval_ms : undefined;
  return {
    name: machine.name,
    about: machine as Readonly<Record<string, unknown>>,
    ...(typeof interval_ms === 'number' && interval_ms > 0 ? { interval_ms } : {}),
  };
}
