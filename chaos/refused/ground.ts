// What is attacked: a fleet as it is set up for others to reach, with users on the broker and a login before the page.

import { writeFileSync } from 'node:fs';
import { CHROMIUM, type PrivateRabbitmq } from '@ganglion/testkit';
import { type Browser, chromium } from 'playwright-core';
import { Asker } from '../asking.ts';
import { type LogLine, type Place, type Program, portOf, runCommand, runModule, temporaryFolder } from '../programs.ts';
import { countPulses, type PulseCounts } from '../pulses.ts';

/** Machines whose trackers have users of their own on the broker: one that a link shows, one that it does not. */
export const SHOWN = 'site1.db-01';
export const HIDDEN = 'site2.db-01';

export const ADA = { name: 'ada', password: 'correct horse battery' };
export const CAROL = { name: 'carol', password: 'staple of another kind' };

/** The fleet, and the ways to it. */
export interface Ground {
  readonly quick: boolean;
  readonly say: (text: string) => void;
  readonly web: Program;
  readonly presence: Program;
  readonly analyzer: Program;
  readonly asker: Asker;
  /** What the web server counts. */
  readonly counts: PulseCounts['counts'];
  readonly settled: PulseCounts['settled'];
  readonly browser: Browser;
  /** Where the user of a role is let in, such as `tap` or `tracker-site1.db-01`. */
  readonly placeOf: (role: string) => Place;
  /** Of the broker: may do everything. */
  readonly broker: Place;
  /** The broker's own log. */
  readonly broker_log: string;
  /** Runs `ganglion user …` or `link …` for this page; resolves to what it prints. */
  readonly ganglion: (words: readonly string[], typed?: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** What was tried of a kind, and what came of it. */
export interface Tried {
  readonly what: string;
  readonly tried: number;
  readonly refused: number;
  /** The log's line that tells of it; undefined when there is none. */
  readonly logged: string | undefined;
  /** What else has to be so, and is not. */
  readonly wrong?: readonly string[];
  /** What else was seen. */
  readonly also?: string;
}

/** Sets it up, with the commands that a person types. */
export async function prepare(quick: boolean, say: (text: string) => void, rabbitmq: PrivateRabbitmq): Promise<Ground> {
  const folder = temporaryFolder();
  const config = `${folder}/ganglion.toml`;
  writeFileSync(config, '[web]\nlogin_on_loopback = true\n');
  const ganglion = (words: readonly string[], typed = '') => runCommand([...words, '--config', config], typed);
  say('refusals: users on the broker and on the page');
  await ganglion(['user', 'add', ADA.name, '--role', 'admin'], `${ADA.password}\n`);
  await ganglion(['user', 'add', CAROL.name], `${CAROL.password}\n`);

  const broker = { broker: rabbitmq.url, exchange: 'chaos' };
  const trackers = [SHOWN, HIDDEN].flatMap((machine) => ['--tracker', machine]);
  const where = ['--broker', broker.broker, '--exchange', broker.exchange, '--node', rabbitmq.node];
  const printed = await runCommand(['broker-setup', '--apply', ...where, ...trackers], '', rabbitmq.environment);
  const urls = new Map(
    (printed.match(/amqp:\/\/\S+/g) ?? []).map((url) => [decodeURIComponent(new URL(url).username), url]),
  );
  const placeOf = (role: string): Place => {
    const url = urls.get(`${broker.exchange}-${role}`);
    if (url === undefined) throw new Error(`broker-setup made no user for ${role}`);
    return { ...broker, broker: url };
  };
  const presence = await runModule(placeOf('presence'), 'presence');
  const analyzer = await runModule(placeOf('analyzer'), 'analyzer');
  const web = await runModule(placeOf('web'), 'web', '--port', '0', '--config', config);
  const pulses = await countPulses(broker, 'web');
  const asker = new Asker(portOf(web));
  const browser = await chromium.launch(CHROMIUM);
  return {
    ...{
      quick,
      say,
      web,
      presence,
      analyzer,
      counts: pulses.counts,
      settled: pulses.settled,
      asker,
      browser,
      placeOf,
      broker,
      ganglion,
    },
    broker_log: `${rabbitmq.environment['RABBITMQ_LOG_BASE']}/${rabbitmq.node}.log`,
    close: async () => {
      asker.close();
      await browser.close();
      await pulses.close();
    },
  };
}

/** The newest line of a log that tells of a refusal of one kind, and in these words. */
export function refusalIn(log: readonly LogLine[], kind: string, words: RegExp): string | undefined {
  return log.findLast(({ refused, msg }) => refused === kind && words.test(msg))?.msg;
}

/** Waits until something is so; false when it is not after a while. */
export async function comesTrue(holds: () => boolean, limit_ms = 10_000): Promise<boolean> {
  const until_ms = performance.now() + limit_ms;
  while (!holds() && performance.now() < until_ms) await new Promise((resolve) => setTimeout(resolve, 50));
  return holds();
}
