// `ganglion tap --states`: how it stands with every machine and instance, and each change of it. It is a module like any
// other, so that presence, which sees its pulse, tells it of everyone who was here before.

import { compilePattern, defineModule, LogLimiter, live, type Module, pulse } from '@ganglion/kernel';
import { birth, death, measure, PATIENCE_MS } from '@ganglion/topics';
import { SOURCES_MAX, type State, States } from './states.ts';

/** Only the newest signs count. */
const SIGNS = { limit_messages: 20_000, in_flight_max: 1_000 };

/** How long to listen before the first states are shown: presence tells of everyone within a second after a first pulse. */
const GATHER_MS = 2_500;

/** Between two looks at who is late. */
const LOOK_MS = 250;

/** Between two looks lies less, unless this process stood still: then nobody else is to blame for the silence. */
const HALTED_MS = 1_000;

export interface StatesOptions {
  /** Whom to show: a pattern of their names. */
  readonly pattern: string;
  /** Takes over some states; the next are given when it has resolved. */
  readonly show: (states: readonly State[], now_ms: number) => Promise<void>;
  /** Says something that is no state. */
  readonly say: (text: string) => void;
}

/**
 * A module that shows states. While what it showed is not taken, it keeps none: what has changed meanwhile is shown at its
 * newest.
 */
export function statesModule({ pattern, show, say }: StatesOptions): Module {
  const fits = compilePattern(pattern);
  return defineModule({
    name: 'tap',
    listens: {
      birth: live(birth, SIGNS),
      death: live(death, SIGNS),
      measure: live(measure, SIGNS),
      pulse: live(pulse, SIGNS),
    },
    start: ({ instance: me, bus, onStop }) => {
      const states = new States();
      /** Since when everybody could have been heard. */
      let audible_ms = Date.now();
      let was_away = false;
      let looked_ms = performance.now();
      /** Whether anybody tells of births and deaths. */
      let told = false;
      let gathering = true;
      let showing = false;
      let due: NodeJS.Immediate | undefined;
      const limiter = new LogLimiter(60_000);

      const look = async () => {
        due = undefined;
        const now_ms = Date.now();
        const before_ms = looked_ms;
        looked_ms = performance.now();
        if (looked_ms - before_ms > HALTED_MS) audible_ms = Math.max(audible_ms, now_ms);
        // While the bus is away nobody can be heard, so nobody is late of their own.
        if (gathering || showing || !bus.status.connected) return;
        if (states.refused > 0 && limiter.pass('refused') !== undefined)
          say(`there are more than ${SOURCES_MAX} names`);
        const changed = states.changed(now_ms, audible_ms);
        if (changed.length === 0) return;
        showing = true;
        await show(changed, now_ms);
        showing = false;
      };
      const unwatch = bus.onStatus(({ connected, since_ms }) => {
        if (connected) audible_ms = since_ms + (was_away ? PATIENCE_MS : 0);
        else was_away = true;
      });
      const timer = setInterval(look, LOOK_MS);
      const gathered = setTimeout(() => {
        gathering = false;
        if (!told) say('nobody tells of births and deaths (ganglion run presence): silence alone decides');
        look();
      }, GATHER_MS);
      onStop(() => {
        unwatch();
        clearInterval(timer);
        clearTimeout(gathered);
        clearImmediate(due);
      });

      const isShown = (source: string) => source !== me && fits(source);
      /** A birth or a death is shown at once, with the others of its moment. */
      const soon = () => {
        due ??= setImmediate(look);
      };
      return {
        birth: ({ source, body, received_ms }) => {
          told = true;
          if (!isShown(source)) return;
          states.born(source, body, received_ms);
          soon();
        },
        death: ({ source, body, received_ms }) => {
          told = true;
          if (!isShown(source)) return;
          states.died(source, body, received_ms);
          soon();
        },
        measure: ({ source, sender, time_ms, received_ms }) => {
          if (isShown(source)) states.heard({ kind: 'machine', source, instance: sender, time_ms, received_ms });
        },
        pulse: ({ source, body, time_ms, received_ms }) => {
          if (!isShown(source)) return;
          const said = { kind: 'instance', instance: source } as const;
          if (body.stopping !== true) states.heard({ ...said, source, time_ms, received_ms });
          else states.died(source, { ...said, cause: 'stopped', died_ms: time_ms, last_seen_ms: time_ms }, received_ms);
        },
      };
    },
  });
}
