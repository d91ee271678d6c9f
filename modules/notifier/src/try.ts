// What the command needs to try a channel, and to say which there are: the settings as the module itself reads them.

import { hostname } from 'node:os';
import { type Module, readConfig, reasonOf } from '@ganglion/kernel';
import { Value } from 'typebox/value';
import notifier from './index.ts';
import { testNotice } from './notice.ts';
import { DeadLetter } from './outbox.ts';
import { Secrets } from './secret.ts';
import { type Config, makeReady, config as schema, stateFolder, TYPES } from './settings.ts';
import { readJournal } from './store.ts';

/** A channel as the settings have it. */
export interface Listed {
  readonly name: string;
  readonly type: string;
  readonly says: string;
  /** Messages that wait for it, and those that were given up. */
  readonly waiting: number;
  readonly dead: number;
}

/** A message that was given up. */
export interface Dead {
  readonly channel: string;
  readonly title: string;
  readonly key: string;
  readonly why: string;
  readonly time_ms: number;
}

/** The kinds of channels that there are, by name and what each is. */
export function channelTypes(): { readonly type: string; readonly says: string }[] {
  return TYPES.map(({ type, says }) => ({ type, says }));
}

/**
 * The channels of some settings, with what the journal says of each, also while a notifier runs.
 *
 * @throws CodedError what the notifier's own start throws for its settings
 */
export function listChannels(given: unknown): Listed[] {
  const config = configIn(given);
  makeReady(config, new Secrets());
  const { values } = readJournal(stateFolder(config));
  const count = (front: string, name: string) =>
    [...values].filter(([key, value]) => key.startsWith(front) && channelOf(value) === name).length;
  return Object.entries(config.channels).map(([name, { type }]) => ({
    name,
    type,
    says: TYPES.find((each) => each.type === type)?.says ?? '',
    waiting: count('d/', name),
    dead: count('x/', name),
  }));
}

/** The messages that were given up, oldest first. */
export function listDead(given: unknown): Dead[] {
  const { values } = readJournal(stateFolder(configIn(given)));
  return [...values].flatMap(([key, value]) => {
    if (!key.startsWith('x/') || !Value.Check(DeadLetter, value)) return [];
    const { channel, notice, why, time_ms } = value;
    return [{ channel, title: notice.title, key: notice.key, why, time_ms }];
  });
}

/**
 * Sends a test through one channel, once.
 *
 * @returns why it was not taken; undefined when it was
 * @throws CodedError what the notifier's own start throws for its settings
 */
export async function tryChannel(given: unknown, name: string): Promise<string | undefined> {
  const secrets = new Secrets();
  const opened = makeReady(configIn(given), secrets).channels.get(name);
  if (opened === undefined) return 'there is no such channel';
  const { channel, pace } = opened;
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${pace.timeout_ms} ms`));
      controller.abort();
    }, pace.timeout_ms);
  });
  try {
    await Promise.race([channel.send(testNotice(name, hostname(), Date.now()), undefined, controller.signal), late]);
    return undefined;
  } catch (error) {
    return secrets.cleared(reasonOf(error));
  } finally {
    clearTimeout(timer);
    await channel.close?.();
  }
}

function configIn(given: unknown): Config {
  const module: Module = notifier;
  return Value.Parse(schema, readConfig(module, given));
}

function channelOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'channel' in value ? value.channel : undefined;
}
