// The words of the alerts: they come with the view that shows them.

import { count } from './texts.ts';

export const alertTexts = {
  severities: { critical: 'critical', warning: 'warning', info: 'info' },
  states: {
    unacknowledged: 'not acknowledged',
    acknowledged: 'acknowledged',
    silenced: 'silenced',
    trial: 'on trial',
    ended: 'ended',
  },

  // The first glance.
  waiting: 'Waiting for the first word about alerts',
  waitingLine: 'They are shown here the moment they are raised.',
  frozen: (time: string) => `What you see is from ${time}: nothing reaches this page.`,
  needSomebody: (n: number) => count(n, 'alert needs somebody', 'alerts need somebody'),
  allSeen: (n: number) =>
    n === 1 ? 'Somebody knows of the alert that is on' : `Somebody knows of all ${n.toLocaleString()} alerts`,
  allSilenced: (n: number) =>
    n === 1 ? 'The alert that is on is silenced' : `All ${n.toLocaleString()} alerts that are on are silenced`,
  nothingOn: 'Nothing is wrong',
  noneKept: 'Nobody keeps alerts',
  noneKeptLine: 'No analyzer is here that raises alerts. Start one: npx ganglion run analyzer',
  watched: (machines: number, rules: readonly string[]) =>
    `${count(machines, 'machine is', 'machines are')} judged${rules.length === 0 ? '' : ` by the ${rules.length === 1 ? 'rule' : 'rules'} ${listed(rules)}`}. What goes wrong is shown here the moment it is found.`,
  noMachines: 'No machine has spoken yet, so there is nothing to judge.',
  worst: 'Worst:',
  counts: 'Alerts by severity and state',

  // Which.
  filter: 'Filter by a word',
  clear: 'Show all',
  noneFits: 'No alert is like that now.',
  now: 'On now',
  trial: 'On trial',
  trialLine: 'Found by rules that are on trial. Nobody is told of these.',
  was: 'What was',
  wasNone: 'None has ended since this server listens.',
  more: (n: number) => `Show ${n.toLocaleString()} more`,
  moreEnded: (n: number) => `Show ${n.toLocaleString()} that ${n === 1 ? 'has' : 'have'} ended`,
  others: (n: number) => `${count(n, 'more alert', 'more alerts')} of this incident`,
  together: (n: number) => `${n.toLocaleString()} alerts that belong together`,
  likeliest: 'likeliest cause',

  // One of them.
  alert: 'Alert',
  valueAndLimit: (value: string, limit: string) => `${value}, limit ${limit}`,
  limit: (limit: string) => `limit ${limit}`,
  acknowledgedBy: (by: string | undefined, why: string | undefined) =>
    `acknowledged${by === undefined ? '' : ` by ${by}`}${why === undefined ? '' : `: ${why}`}`,
  silencedBy: (until: string | undefined, by: string | undefined, why: string | undefined) =>
    `silenced${until === undefined ? '' : ` until ${until}`}${by === undefined ? '' : ` by ${by}`}${why === undefined ? '' : `: ${why}`}`,
  lasted: (span: string) => `lasted ${span}`,
  ended: (span: string) => `ended ${span} ago`,
  unheard: 'its end was not heard',
  gone: 'This alert is not known any more.',

  // What is known of it.
  what: 'What was found',
  held: 'Held against',
  rule: 'Rule',
  resource: 'Resource',
  machine: 'Machine',
  labels: 'Labels',
  incident: 'Belongs to',
  since: 'Since',
  until: 'Until',
  acknowledged: 'Acknowledged',
  silenced: 'Silenced',
  rules: {
    bands:
      'Holds a percentage against fixed limits. It lets go when the value has stayed below the limit by a margin for a while, so that one that swings is found once.',
    anomaly: 'Learns how each figure of this machine moves by itself, and finds what is unlike that.',
    forecast: 'Follows what fills up, and says when it will be full, as long as a trend carries it.',
    expectations: 'Holds a figure against what was written down for it in the settings.',
    expect: 'Holds a figure against what was written down for it in the settings.',
    presence: 'Finds machines that should be here and are not.',
  } as { readonly [rule: string]: string },
  otherRule: (rule: string) => `The rule ${rule} found it.`,
  life: 'Its life',
  lifeUnknown: 'It began before this server listened.',
  steps: {
    critical: 'critical',
    warning: 'warning',
    info: 'info',
    acknowledged: 'acknowledged',
    not_acknowledged: 'acknowledgement taken back',
    silenced: 'silenced',
    not_silenced: 'not silenced any more',
    joined: 'found to belong to an incident',
    ended: 'ended',
  },
  raised: (severity: string) => `raised as ${severity}`,

  // The curve.
  curve: (figure: string) => `${figure}, the last 15 minutes as far as they are remembered`,
  limitMark: (limit: string) => `limit ${limit}`,
  sinceMark: 'since',
  untilMark: 'until',
  noCurve: 'There is no curve: this alert is about no single figure.',
  noCurveYet: 'No curve is remembered of what this alert is about.',
  curveBefore: (time: string) => `It began at ${time}, before what is remembered.`,

  // What can be done.
  acknowledge: 'Acknowledge',
  acknowledgeAll: (n: number) => `All ${n.toLocaleString()} of this incident`,
  doTo: (what: string, machine: string, sentence: string) => `${what}: ${machine}, ${sentence}`,
  acknowledgeIncident: (n: number, incident: string) => `Acknowledge all ${n.toLocaleString()}: ${incident}`,
  undo: 'Take the acknowledgement back',
  silence: 'Silence',
  silenceNew: 'New silence',
  end: 'End',
  endSilence: (what: string) => `End the silence of ${what}`,
  why: 'Why',
  whyHint: 'What others should know',
  you: 'Who you are',
  youHint: 'Your name',
  signed: (name: string) => `As ${name}.`,
  cancel: 'Cancel',
  onItsWay: 'on its way',
  letGo: 'Let go',
  cutOff: 'It was not sent: the line to the server is cut.',
  notObeyed: 'Nobody has obeyed within 5 s. Is an analyzer running that keeps alerts?',
  nobodyKeeps: 'Nobody has obeyed: no analyzer is here that keeps alerts.',
  mayNot: 'Only an admin may acknowledge and silence.',

  // A silence.
  silences: 'Silences',
  silencesLine: 'Of these nobody is told. They are shown here all the same.',
  noSilences: 'Nothing is silenced.',
  silencesLeftOut: (n: number) => `${n.toLocaleString()} more that end later are not shown.`,
  scope: 'What nobody is to be told of',
  scopes: {
    alert: (rule: string, resource: string, machine: string) => `This: ${resource} on ${machine}, found by ${rule}`,
    machine: (machine: string) => `All of ${machine}`,
    pattern: 'All of the machines of a pattern',
    resource: (resource: string) => `${resource}, on all machines`,
    rule: (rule: string) => `What ${rule} finds, on all machines`,
  },
  pattern: 'Pattern',
  patternHint: 'site1.# are all of site1',
  patternWrong: 'Words between dots; * is one word, # any number of them.',
  howLong: 'For how long',
  lengths: { hour: '1 hour', two_hours: '2 hours', morning: 'until tomorrow, 8:00', week: '1 week', custom: 'until' },
  until_label: 'Until',
  untilWrong: 'It has to end later than now.',
  fits: (n: number) =>
    n === 0
      ? 'No alert that is on now fits.'
      : `${count(n, 'alert that is on now fits', 'alerts that are on now fit')}.`,
  allMachines: 'all machines',
  allOf: (who: string) => `everything of ${who}`,
  someOf: (who: string, what: string) => `${what} of ${who}`,
  ofRules: (rules: string) => `what ${rules} finds`,
  ofResources: (resources: string) => resources,
  noWorseThan: (severity: string) => `no worse than ${severity}`,
  inForce: (until: string, left: string) => `until ${until}, ${left} left`,
  toCome: (from: string, until: string) => `from ${from} until ${until}`,
  byCalendar: 'at the times of its calendar',
  by: (who: string, why: string | undefined) => (why === undefined ? `by ${who}` : `by ${who}: ${why}`),
  ends: (severity: string, machine: string, sentence: string) => `${severity}: ${machine}, ${sentence}`,
  raisedSaid: (n: number) => count(n, 'alert is on', 'alerts are on'),
} as const;

/** "bands, anomaly and forecast". */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
