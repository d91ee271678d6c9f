// Every word on the page, in one place, ready to be translated.

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
  oneHigh: (machine: string, resource: string) => `${machine}: ${resource} is HIGH`,
  oneDead: (machine: string) => `${machine} is DEAD`,
  high: (n: number) => count(n, 'machine is HIGH', 'machines are HIGH'),
  dead: (n: number) => count(n, 'machine is DEAD', 'machines are DEAD'),
  highAndDead: (high: number, dead: number) => `${texts.high(high)}, ${dead.toLocaleString()} DEAD`,
  calm: (lasting: string) => `Calm ${lasting}`,
  more: (n: number) => `and ${n.toLocaleString()} more`,
  machinesCount: (n: number) => count(n, 'machine', 'machines'),
  troubles: 'What is wrong',
  counts: 'Machines by band',

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

  title: (state: string) => `${state} · Ganglion`,
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

/** A resource's name as people say it: one nobody has told us about gets its own name, made readable. */
export function resourceName(resource: string): string {
  const known = Object.hasOwn(texts.resources, resource) ? texts.resources[resource] : undefined;
  if (known !== undefined) return known;
  const words = resource.replaceAll('_', ' ').trim();
  return words === '' ? resource : words.charAt(0).toUpperCase() + words.slice(1);
}
