// Somebody at a shell who asks what the alerts are and gives orders about them. It is a module like any other: who keeps the
// alerts is told that it is here, and says all that is on without being asked.

import { setTimeout as pause } from 'node:timers/promises';
import { defineModule, instanceName, type Log, live, type Module, runModule } from '@ganglion/kernel';
import { type Alert, alert, type Order, order, type Silence, silences } from '@ganglion/topics';
import type { Arguments } from './arguments.ts';
import { openBus } from './bus.ts';
import { alertsUnkept, brokerMissing } from './errors.ts';
import { settingsFor } from './settings/index.ts';
import { version } from './version.ts';
import { within } from './within.ts';

/** Alerts that wait for us, and that are known, at most; the oldest go. More than there may be at a time. */
const ALERTS_MAX = 50_000;

/** What an answer may take: presence sees us come, and then the analyzer speaks. */
const ANSWER_MS = 5_000;

/** After so long without a word, all has been said. */
const QUIET_MS = 300;

/** We are seen by our pulse: the sooner it comes, the sooner we know. */
const PULSE_MS = 200;

/** What saying goodbye may take. */
const GOODBYE_MS = 1_000;

/** An alert that is on. */
export interface OnMachine {
  readonly machine: string;
  readonly alert: Alert;
}

/** How the module and whoever sits before it hear and speak. */
interface Ears {
  readonly onAlert: (heard: OnMachine) => void;
  readonly onSilences: (silences: readonly Silence[]) => void;
  /** Called at the start with what publishes an order. */
  readonly onStart: (say: Say) => void;
}

type Say = (given: Order, time_ms: number) => Promise<boolean>;

const NOBODY: Ears = { onAlert() {}, onSilences() {}, onStart() {} };

/** The module that somebody at a shell is. */
export function operatorModule({ onAlert, onSilences, onStart }: Ears = NOBODY): Module {
  return defineModule({
    name: 'operator',
    listens: {
      alert: live(alert, { limit_messages: ALERTS_MAX }),
      silences: live(silences),
    },
    publishes: { order },
    start: ({ instance, emit }) => {
      onStart((given, time_ms) => emit(order(instance, given, time_ms)));
      return {
        alert: ({ source, body }) => onAlert({ machine: source, alert: body }),
        silences: ({ body }) => onSilences(body.silences),
      };
    },
  });
}

/** What has been heard so far, and waiting for what is to come. */
export class Operator {
  readonly #exchange: string;
  readonly #alerts = new Map<string, OnMachine>();
  readonly #waiting = new Set<() => void>();
  #silences: readonly Silence[] | undefined;
  #say: Say | undefined;
  #heard_ms = performance.now();

  constructor(exchange: string) {
    this.#exchange = exchange;
  }

  readonly ears: Ears = {
    onAlert: (heard) => {
      const key = `${heard.machine}/${heard.alert.id}`;
      this.#alerts.delete(key);
      if (heard.alert.state !== 'cleared') this.#alerts.set(key, heard);
      const [oldest] = this.#alerts.keys();
      if (this.#alerts.size > ALERTS_MAX && oldest !== undefined) this.#alerts.delete(oldest);
      this.#wake();
    },
    onSilences: (told) => {
      this.#silences = told;
      this.#wake();
    },
    onStart: (say) => {
      this.#say = say;
    },
  };

  /** The alerts that are on, as far as they were heard of. */
  get alerts(): readonly OnMachine[] {
    return [...this.#alerts.values()];
  }

  /** The silences that there are; undefined when nobody has said it yet. */
  get silences(): readonly Silence[] | undefined {
    return this.#silences;
  }

  /** Gives an order. Whether it is obeyed is seen by what comes then. */
  async give(given: Order, time_ms: number): Promise<void> {
    await this.#say?.(given, time_ms);
  }

  /** Waits until something that was heard is what one waits for; undefined when it does not come in time. */
  until<Found>(look: () => Found | undefined): Promise<Found | undefined> {
    return new Promise((resolve) => {
      const done = (found: Found | undefined) => {
        clearTimeout(timer);
        this.#waiting.delete(again);
        resolve(found);
      };
      const again = () => {
        const found = look();
        if (found !== undefined) done(found);
      };
      const timer = setTimeout(done, ANSWER_MS, undefined);
      this.#waiting.add(again);
      again();
    });
  }

  /**
   * Waits until everything that is on has been said.
   *
   * @throws CodedError `ALERTS_UNKEPT`
   */
  async allSaid(): Promise<void> {
    // The silences are said last, by each who keeps alerts.
    while (this.#silences === undefined) {
      const quiet_ms = performance.now() - this.#heard_ms;
      if (quiet_ms >= ANSWER_MS) throw this.unkept();
      await pause(QUIET_MS);
    }
    for (let quiet_ms = 0; quiet_ms < QUIET_MS; quiet_ms = performance.now() - this.#heard_ms) {
      await pause(QUIET_MS - quiet_ms);
    }
  }

  /** That nobody has answered. */
  unkept(): Error {
    return alertsUnkept(this.#exchange, ANSWER_MS);
  }

  #wake(): void {
    this.#heard_ms = performance.now();
    for (const again of [...this.#waiting]) again();
  }
}

/**
 * Joins the exchange for some work, and leaves it.
 *
 * @param nothing what is not done when there is no broker: "nothing silenced"
 * @throws CodedError `BROKER_MISSING`, what opening the bus throws, and what the work throws
 */
export async function operate<Result>(
  args: Arguments,
  nothing: string,
  work: (operator: Operator) => Promise<Result>,
): Promise<Result> {
  const { own } = await settingsFor(args, []);
  if (own.broker === undefined) {
    throw brokerMissing(nothing, '; alerts of "ganglion up" in one process are its own: use its page');
  }
  const instance = instanceName('operator');
  const { bus, opened } = await openBus(own, { name: instance, log, wait_at_start: false });
  const operator = new Operator(own.exchange);
  const module = operatorModule(operator.ears);
  const running = await runModule(module, {
    bus,
    log,
    instance,
    version: version(),
    pulse_interval_ms: PULSE_MS,
  });
  try {
    await Promise.all([opened, running.ready]);
    return await work(operator);
  } finally {
    await within(running.stop(), GOODBYE_MS);
    await within(bus.close(), GOODBYE_MS);
  }
}

/** What the bus has to say, before an answer that is but a line or two. */
const log: Log = {
  debug() {},
  info() {},
  warn: (_fields, text) => void process.stderr.write(`ganglion: ${text}\n`),
  error: (_fields, text) => void process.stderr.write(`ganglion: ${text}\n`),
};
