// `ganglion acknowledge`: says that somebody has seen an alert and looks after it.

import { type Arguments, takeFlag } from '../arguments.ts';
import { alertUnknown } from '../errors.ts';
import { type OnMachine, type Operator, operate } from '../operator.ts';
import { readSaid } from '../orders.ts';
import { didYouMean } from '../suggest.ts';
import type { Command } from './command.ts';

export const acknowledge: Command = {
  name: 'acknowledge',
  words: '<id>',
  words_min: 1,
  words_max: 1,
  summary: 'say that you have seen an alert',
  about: [
    'It is told no more often, nobody else is called because of it, and everyone sees who looks after it.',
    '"ganglion alerts" shows the ids. With --incident all that belongs to the same incident is acknowledged.',
    'It ends when an analyzer has obeyed: exit code 0, else 1 after five seconds, and why in one line.',
  ],
  switches: ['incident', 'undo'],
  options: ['why', 'by', 'config'],
  flags: ['incident', 'why', 'by', 'undo', 'of_machine', 'broker', 'exchange', 'config'],
  examples: [
    ["ganglion acknowledge 3f9a1c22d0 --why 'on my way'", 'one alert'],
    ['ganglion acknowledge 3f9a1c22d0 --incident', 'and the other 79 of the failed switch'],
    ['ganglion acknowledge 3f9a1c22d0 --undo', 'nobody looks after it'],
  ],
  run,
};

async function run(args: Arguments): Promise<void> {
  const { values, rest } = takeFlag(args, 'machine');
  const [id = ''] = args.words;
  return operate(rest, 'nothing acknowledged', (operator) => order(operator, id, values.at(-1), rest));
}

async function order(operator: Operator, id: string, machine: string | undefined, args: Arguments): Promise<void> {
  const time_ms = Date.now();
  const said = readSaid(args);
  const undo = args.switches.has('undo');
  const incident = args.switches.has('incident');
  const fits = (each: OnMachine) => each.alert.id === id && (machine === undefined || each.machine === machine);
  if (machine === undefined) {
    await operator.allSaid();
    if (!operator.alerts.some(fits)) throw unknown(operator, id);
  }
  const on = machine ?? operator.alerts.find(fits)?.machine ?? '';
  const more = { ...(incident && { incident }), ...(undo && { undo }) };
  await operator.give({ order: 'acknowledge', machine: on, id, ...more, ...said }, time_ms);

  const isObeyed = ({ alert: { acknowledged } }: OnMachine) =>
    undo ? acknowledged === undefined : acknowledged?.by === said.by && acknowledged.time_ms === time_ms;
  const done = await operator.until(() => operator.alerts.find((each) => fits(each) && isObeyed(each)));
  if (done === undefined) throw unknown(operator, id);
  const { alert } = done;
  const what = `${done.machine}: ${alert.sentence}`;
  const all =
    incident && alert.incident !== undefined ? `, and all of its incident (${alert.incident_sentence ?? ''})` : '';
  process.stdout.write(
    undo ? `Nobody has seen it after all: ${what}${all}\n` : `${said.by} has seen it: ${what}${all}\n`,
  );
}

/** Why an alert was not found: there is none of that identity, or nobody who would know. */
function unknown(operator: Operator, id: string): Error {
  if (operator.silences === undefined && operator.alerts.length === 0) return operator.unkept();
  return alertUnknown(
    id,
    didYouMean(
      id,
      operator.alerts.map(({ alert }) => alert.id),
    ),
  );
}
