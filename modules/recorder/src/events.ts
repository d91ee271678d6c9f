// What happened at one moment, as it is kept: an alert, a birth, a death, an outage. What is said again for those who came
// later is kept once.

import type { Message } from '@ganglion/kernel';
import type { Alert, Birth, Death, Outage } from '@ganglion/topics';
import type { PastEvent } from './store.ts';

/** Families of which each message is kept. */
export const EVENT_FAMILIES = ['alert', 'birth', 'death', 'outage'] as const;

export function alertEvent(message: Message<'alert', Alert>): PastEvent {
  const { body } = message;
  // One said again has the state that the alert is in; it is kept if nothing of that state was.
  return eventOf(message, body.id, body.repeated === true ? body.state : message.id || body.state);
}

export function birthEvent(message: Message<'birth', Birth>): PastEvent {
  return eventOf(message, String(message.body.born_ms), message.body.kind, message.body.born_ms);
}

export function deathEvent(message: Message<'death', Death>): PastEvent {
  return eventOf(message, String(message.body.died_ms), message.body.kind, message.body.died_ms);
}

export function outageEvent(message: Message<'outage', Outage>): PastEvent {
  const { first_ms, last_ms, pattern } = message.body;
  return eventOf(message, String(first_ms), message.id || `${last_ms} ${pattern}`);
}

function eventOf(message: Message, ref: string, mark: string, time_ms = message.time_ms): PastEvent {
  const { family, source, body } = message;
  return { time_ms, family, source, ref, mark, body: JSON.stringify(body) };
}
