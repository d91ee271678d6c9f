// What the notifier keeps of an alert: all that it tells, cut to what people read. Alerts come from anyone on the exchange.

import { oneLine } from '@ganglion/kernel';
import type { Alert } from '@ganglion/topics';

/** Characters of what an alert or an incident is called; a longer one cannot be told from another if it is cut. */
const NAME_CHARACTERS_MAX = 256;

/** Characters of a sentence. */
const SENTENCE_CHARACTERS_MAX = 500;

/** Characters of any other text. */
const TEXT_CHARACTERS_MAX = 200;

/** Labels of a machine. */
const LABELS_MAX = 32;

/** The alert within its bounds, each text on one line; undefined when its names are too long. */
export function boundedAlert(alert: Alert): Alert | undefined {
  const { id, state, severity, since_ms, until_ms, value, limit, figure, labels, acknowledged, silenced } = alert;
  const { incident, incident_sentence, incident_head } = alert;
  if (id.length > NAME_CHARACTERS_MAX || (incident?.length ?? 0) > NAME_CHARACTERS_MAX) return undefined;
  return {
    id,
    state,
    severity,
    rule: text(alert.rule),
    resource: text(alert.resource),
    sentence: sentence(alert.sentence),
    since_ms,
    ...(until_ms === undefined ? {} : { until_ms }),
    ...(value === undefined ? {} : { value }),
    ...(limit === undefined ? {} : { limit }),
    ...(figure === undefined ? {} : { figure: text(figure) }),
    ...(incident === undefined ? {} : { incident }),
    ...(incident_sentence === undefined ? {} : { incident_sentence: sentence(incident_sentence) }),
    ...(incident_head === undefined ? {} : { incident_head }),
    ...(labels === undefined ? {} : { labels: boundedLabels(labels) }),
    ...(acknowledged === undefined ? {} : { acknowledged: boundedWord(acknowledged) }),
    ...(silenced === undefined ? {} : { silenced: boundedWord(silenced) }),
  };
}

function boundedLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const some = Object.entries(labels).slice(0, LABELS_MAX);
  return Object.fromEntries(some.map(([name, value]) => [text(name), text(value)]));
}

type Word = NonNullable<Alert['acknowledged']>;

function boundedWord({ by, why, time_ms, until_ms }: Word): Word {
  const until = until_ms === undefined ? {} : { until_ms };
  return { by: text(by), ...(why === undefined ? {} : { why: text(why) }), time_ms, ...until };
}

function sentence(given: string): string {
  return oneLine(given, SENTENCE_CHARACTERS_MAX);
}

function text(given: string): string {
  return oneLine(given, TEXT_CHARACTERS_MAX);
}
