// Machines that send the known signal: `publisher.js KIND BROKER EXCHANGE LEDGER SEED DURATION_MS`. Each sample goes out by the
// kernel and the bus of every module, so that what the broker has not confirmed when it dies is sent again. Some are held up, some are
// told twice. At the end the ledger has all that was sent, and when it was by the machine's own clock.

import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { amqpBus } from '@ganglion/bus-amqp';
import { defineModule, runModule, silentLog } from '@ganglion/kernel';
import { measure } from '@ganglion/topics';
import { type Account, bodyOf, randomFrom, type Sent } from './signal.ts';

const [kind = '', url = '', exchange = '', ledger = '', seed = '', duration = ''] = process.argv.slice(2);
const duration_ms = Number(duration);

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Of all samples: that are held up, and that are told twice. */
const LATE = 0.05;
const TWICE = 0.05;

/** What a sample is held up for at most, and what a repetition takes, of the time that is left. */
const LATE_MS = 10 * MINUTE_MS;

/** A clock that is set: when, as a share of the whole time, and how far it is then from the true one. */
const STEPS: readonly (readonly [share: number, off_ms: number])[] = [
  [0.1, -25 * MINUTE_MS],
  [0.25, 3 * HOUR_MS],
  [0.4, -5 * HOUR_MS],
  [0.55, 700],
  [0.7, -90 * DAY_MS],
  [0.85, -1_300],
];

/** Machines that were away and send their past: how far it goes back, and what lies between two of its samples. */
const AWAY = [
  { machine: 'away-for-days', from_ms: 3 * DAY_MS, to_ms: 0, step_ms: MINUTE_MS },
  { machine: 'away-for-weeks', from_ms: 60 * DAY_MS, to_ms: 3 * DAY_MS, step_ms: 20 * MINUTE_MS },
  { machine: 'away-for-years', from_ms: 700 * DAY_MS, to_ms: 60 * DAY_MS, step_ms: 4 * HOUR_MS },
] as const;

/** They have sent it after this share of the whole time. */
const AWAY_SHARE = 0.35;

const random = randomFrom(`${seed} ${kind}`);
const trueNow = Date.now;
let off_ms = 0;
// The clock of this machine, for all that runs here.
Date.now = () => trueNow() + off_ms;

const machines: Readonly<Record<string, readonly string[]>> = {
  steady: ['db-01', 'db-02', 'web-01.example.com', 'web-02.example.com', 'größe.東京', 'WEB "7"'],
  stepped: ['clock-that-is-set'],
  away: AWAY.map(({ machine }) => machine),
};

const sent: Sent[] = [];
const times = new Set<string>();
const serials = new Map<string, number>();
const emitting: Promise<unknown>[] = [];
const later: { readonly at_ms: number; readonly sample: Sent }[] = [];
let lost = 0;
let late = 0;
let twice = 0;
let steps = 0;

let emit: (sample: Sent) => Promise<unknown> = async () => {};
const module = defineModule({
  name: 'signal',
  publishes: { measure },
  start: (context) => {
    emit = async ({ machine, serial, time_ms }) => {
      const taken = await context.emit(measure(machine, bodyOf(Number(seed), machine, serial), time_ms));
      if (!taken) lost++;
    };
  },
});

/** Sends a sample of a machine now, or later; and perhaps once more. */
function say(machine: string, clock_ms: number): void {
  // Two different samples of one moment would leave open which is the last.
  let time_ms = Math.floor(clock_ms);
  while (times.has(`${machine} ${time_ms}`)) time_ms++;
  times.add(`${machine} ${time_ms}`);
  const serial = serials.get(machine) ?? 0;
  serials.set(machine, serial + 1);
  const sample = { machine, serial, time_ms };
  sent.push(sample);
  const now_ms = performance.now();
  if (random() < LATE) {
    late++;
    later.push({ at_ms: now_ms + random() * Math.min(LATE_MS, duration_ms / 3), sample });
  } else emitting.push(emit(sample));
  if (random() >= TWICE) return;
  twice++;
  // Under a new id: nothing but what it says tells that it is the same.
  later.push({ at_ms: now_ms + random() * Math.max(0, duration_ms - (now_ms - began_ms)), sample });
}

const bus = amqpBus({ url, exchange, exchange_durable: true, name: `signal-${kind}-${process.pid}`, log: silentLog });
const running = await runModule(module, { bus, log: silentLog });
const began_ms = performance.now();
process.stdout.write('ready\n');

/** What of its past each of those away has sent. */
const given = AWAY.map(() => 0);
const first_ms = trueNow();
for (let second = 0; performance.now() - began_ms < duration_ms; second++) {
  const passed_ms = performance.now() - began_ms;
  if (kind === 'away') {
    for (const [i, { machine, from_ms, to_ms, step_ms }] of AWAY.entries()) {
      // Of a short run each step is longer, so that the whole time is there.
      const step = Math.max(step_ms, (step_ms * 20 * MINUTE_MS) / duration_ms);
      const all = (from_ms - to_ms) / step;
      const due = Math.min(all, (all * passed_ms) / (duration_ms * AWAY_SHARE));
      for (let n = given[i] ?? 0; n < due; n++, given[i] = n) say(machine, first_ms - from_ms + (n + random()) * step);
    }
  } else {
    if (kind === 'stepped') {
      const due = STEPS.filter(([share]) => passed_ms >= share * duration_ms);
      off_ms = due.at(-1)?.[1] ?? 0;
      steps = due.length;
    }
    for (const machine of machines[kind] ?? []) say(machine, Date.now() + random() * 100);
  }
  for (let i = later.length - 1; i >= 0; i--) {
    const { at_ms, sample } = later[i] as (typeof later)[number];
    if (at_ms > performance.now()) continue;
    later.splice(i, 1);
    emitting.push(emit(sample));
  }
  await pause(Math.max(0, began_ms + (second + 1) * SECOND_MS - performance.now()));
}
for (const { sample } of later) emitting.push(emit(sample));
await Promise.all(emitting);
await running.stop();
await bus.close();
const account: Account = { sent, lost, late, twice, steps };
writeFileSync(ledger, JSON.stringify(account));
