// Every word on the page, in one place, ready to be translated.

import type { Standing } from './live/judge.ts';

const count = (n: number, one: string, many: string) => `${n.toLocaleString()} ${n === 1 ? one : many}`;

export const texts = {
  name: 'Ganglion',

  milliseconds: (n: number) => `${n} ms`,
  seconds: (n: number) => `${n} s`,
  minutes: (n: number) => `${n} min`,
  hours: (n: number) => `${n} h`,
  days: (n: number) => count(n, 'day', 'days'),
  percent: ({ whole, rest }: { whole: string; rest: string }) => `${whole}${rest} %`,
  for: (span: string) => `for ${span}`,
  forAtLeast: (span: string) => `for at least ${span}`,
  since: (time: string) => `since ${time}`,
  sinceAtLeast: (time: string) => `since ${time} or longer`,

  // The views, and what is everywhere.
  views: 'Views',
  view: 'View',
  fleet: 'Fleet',
  systemView: 'System',
  action: 'Action',
  machine_word: 'Machine',
  goTo: 'Go to',
  goToHint: 'Go to a machine, a view, an action (Ctrl-K)',
  paletteHint: 'A machine, a view, an action',
  nothingFits: 'Nothing has these letters.',
  help: 'Keys and marks',
  helpHint: 'What the keys do (?)',
  close: 'Close',
  themes: { system: 'Auto', light: 'Light', dark: 'Dark' },
  themeHint: 'Light, dark, or as the system has it',
  themeLight: 'Light',
  themeDark: 'Dark',
  themeSystem: 'Light or dark as the system has it',
  kiosk: 'For a wall: without controls, or with',
  copyLink: 'Copy the link to what is shown',
  onlyHigh: 'Only machines that are HIGH',
  onlyDead: 'Only machines that are DEAD',
  groupBySite: 'Group by site',
  colourByResource: (resource: string) => `Colour the map by ${resource}`,
  viewBroken: 'This part could not be shown',
  tryAgain: 'Try again',
  keys: [
    {
      title: 'Everywhere',
      keys: [
        ['Ctrl K', 'go to a machine, a view, an action'],
        ['f', 'the fleet'],
        ['s', 'the system'],
        ['Esc', 'back to where you were'],
        ['?', 'this sheet'],
      ],
    },
    {
      title: 'Fleet',
      keys: [
        ['/', 'filter by name'],
        ['← ↑ ↓ →', 'walk over the map, once it has the focus'],
        ['Enter', 'open the machine'],
      ],
    },
    {
      title: 'Machine and system',
      keys: [
        ['Space', 'pause, and go on'],
        ['[ ]', 'the machine before, the next'],
      ],
    },
  ],
  reading: 'How to read it',
  readingLines: [
    'A dot is LOW, a bar MEDIUM, a triangle HIGH. What is hatched is STALE: its word is late. What is hollow with a cross is DEAD.',
    'Colours of cells and curves are values, from quiet and deep at 0 to bright and warm at 100 %.',
    'The age at the top is how old what you see is: from the moment it was measured to this screen.',
  ],

  // Who is in.
  userAndRole: (name: string, role: string) => `${name}, ${role}`,
  logOut: 'Log out',

  // The line to the server.
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  cutHeadline: (time: string) => `Cut off since ${time}`,
  cutLine: 'The server does not answer. What you see is from then.',
  neverLive: 'The server does not answer.',
  retryIn: (seconds: number) => (seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again now.'),
  age: (age: string) => `${age} old`,
  ageExplained: (age: string) => `From the moment it was measured to this screen: ${age} (median of the last second)`,
  clockAhead: (by: string) => `This device's clock is ${by} ahead of the server's; the age allows for it.`,
  clockBehind: (by: string) => `This device's clock is ${by} behind the server's; the age allows for it.`,

  // The bus.
  busStatus: 'Broker away',
  busHeadline: (time: string) => `RabbitMQ is away since ${time}`,
  busLine: (why: string | undefined) =>
    `${why === undefined ? '' : `${sentence(why)} `}What you see is from then; it goes on by itself.`,

  // The first glance.
  nothingWrong: 'Nothing is wrong',
  waiting: 'Waiting for the first word',
  worstIs: 'Worst:',
  oneHigh: (machine: string, resource: string) => `${machine}: ${resource} is HIGH`,
  oneDead: (machine: string) => `${machine} is DEAD`,
  high: (n: number) => count(n, 'machine is HIGH', 'machines are HIGH'),
  dead: (n: number) => count(n, 'machine is DEAD', 'machines are DEAD'),
  highAndDead: (high: number, dead: number) => `${texts.high(high)}, ${dead.toLocaleString()} DEAD`,
  calm: (lasting: string) => `Calm ${lasting}`,
  more: (n: number) => `and ${n.toLocaleString()} more`,
  machinesCount: (n: number) => count(n, 'machine', 'machines'),
  counts: 'Machines by band',

  // Which machines, and how.
  worst: 'Worst now',
  nothingToLookAt: 'No machine needs a look.',
  filter: 'Filter by name',
  filterHint: 'Filter by name',
  clearFilter: 'Show all',
  shown: (n: number, of: number) => `${n.toLocaleString()} of ${of.toLocaleString()}`,
  noneShown: 'No machine is like that now.',
  colourBy: 'Colour',
  worstResource: 'Worst resource, else CPU',
  group: 'Group',
  groupings: { none: 'All together', site: 'By site', kind: 'By kind of name' },
  otherGroups: (n: number) => `${n.toLocaleString()} other groups`,
  noSite: 'without a site',
  sort: 'Order',
  sorts: { name: 'By name', worst: 'Worst first', value: 'Highest first' },
  show: 'Show',
  cards: 'Cards',
  map: 'Map',
  mapOf: (n: number) => `${count(n, 'machine', 'machines')} as a map: the arrow keys walk over it, Enter opens`,
  marks: 'Marks',

  // Machines.
  machines: 'Machines',
  resources: { cpu: 'CPU', memory: 'Memory', load: 'Load', swap: 'Swap' } as { readonly [name: string]: string },
  bands: { LOW: 'LOW', MEDIUM: 'MEDIUM', HIGH: 'HIGH' },
  stale: 'STALE',
  dead_word: 'DEAD',
  stopped: 'stopped',
  staleFor: (span: string) => `STALE, last word ${span} ago`,
  died: {
    connection_lost: (span: string) => `DEAD for ${span}, connection lost`,
    silent: (span: string) => `DEAD for ${span}, silent`,
    stopped: (span: string) => `stopped ${span} ago`,
  },
  lastWord: (time: string) => `Its last word came at ${time}.`,
  ahead: (by: string) => `its clock is ${by} ahead`,
  late: (by: string) => `${by} late, or its clock is behind`,
  measured: (time: string) => `Measured at ${time}`,
  nothingJudged: 'Its analysis holds no band and no percentage.',

  // Nobody yet.
  emptyHeadline: 'No machine has spoken yet',
  emptyLine: 'Run this on a machine you want to see. It appears here the moment its first figures arrive.',
  emptyCommand: 'npx ganglion run tracker --broker amqp://your-broker',
  emptyNote: 'An analyzer must run somewhere too:',
  emptyAnalyzer: 'npx ganglion run analyzer --broker amqp://your-broker',

  // How to read it, and what was left out.
  curves: (minutes: number) =>
    `Curves go from 0 to 100 % and back ${minutes} minutes, or to when this page was opened.`,
  folded: (n: number) =>
    `${count(n, 'figure was', 'figures were')} overtaken by newer ones before they could be shown here.`,
  forgotten: (max: number) => `Only the ${max.toLocaleString()} machines heard last are shown.`,

  title: (state: string, place: string) => `${state} · ${place}`,
  titleHigh: (n: number) => `▲ ${n} HIGH`,
  titleDead: (n: number) => `✕ ${n} DEAD`,
  titleCalm: '● Calm',
  titleMedium: '▬ Calm',
  titleCut: '… Cut off',
} as const;

/** A text from a program as a sentence: with a capital and a full stop. */
function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** How a machine stands, in a word. */
export function standingWord(standing: Standing): string {
  if (standing === 'stale') return texts.stale;
  if (standing === 'dead') return texts.dead_word;
  return standing === 'stopped' ? texts.stopped : texts.bands[standing];
}

/** A resource's name as people say it: one nobody has told us about gets its own name, made readable. */
export function resourceName(resource: string): string {
  const known = Object.hasOwn(texts.resources, resource) ? texts.resources[resource] : undefined;
  if (known !== undefined) return known;
  const words = resource.replaceAll('_', ' ').trim();
  return words === '' ? resource : words.charAt(0).toUpperCase() + words.slice(1);
}
