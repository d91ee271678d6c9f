// Every word on the page, in one place, ready to be translated; those of the alerts, which come with their view, stand in
// texts-alerts.ts beside it.

import type { Severity } from '../../wire/frames.ts';
import type { Standing } from './live/judge.ts';

/** A number with the word for one or for many. */
export const count = (n: number, one: string, many: string) => `${n.toLocaleString()} ${n === 1 ? one : many}`;

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
  alertsView: 'Alerts',
  alertsCount: (n: number) => count(n, 'alert', 'alerts'),
  alertsWaiting: (n: number) => count(n, 'alert that nobody has acknowledged', 'alerts that nobody has acknowledged'),
  alertsKnown: (n: number) => `${count(n, 'alert', 'alerts')}, all acknowledged`,
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
  onlyUnacknowledged: 'Alerts that nobody has acknowledged',
  alertsOfNow: 'Critical alerts',
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
        ['a', 'the alerts'],
        ['s', 'the system'],
        ['Esc', 'back to where you were'],
        ['?', 'this sheet'],
      ],
    },
    {
      title: 'Fleet',
      keys: [
        ['/', 'filter by name'],
        ['← ↑ ↓ →', 'walk over the map or from card to card, once one has the focus'],
        ['Enter', 'open the machine'],
      ],
    },
    {
      title: 'Alerts',
      keys: [
        ['/', 'filter by a word'],
        ['j k', 'the next alert, the one before; the arrows too'],
        ['Enter', 'open it'],
        ['a', 'acknowledge it'],
        ['s', 'silence it'],
      ],
    },
    {
      title: 'Machine and system',
      keys: [
        ['Space', 'pause, and go on'],
        ['[ ]', 'the machine before, the next'],
        ['← →', 'move the cursor, once a chart has the focus'],
        ['+ −', 'show less time or more, or the system larger or smaller'],
        ['0', 'the whole system'],
        ['p l', 'pulses, and the system as a list'],
      ],
    },
  ],
  reading: 'How to read it',
  readingLines: [
    'A dot is LOW, a bar MEDIUM, a triangle HIGH. What is hatched is STALE: its word is late. What is hollow with a cross is DEAD.',
    'Of alerts a triangle is critical, a bar a warning, a dot worth knowing. An upright line in a chart is when one began, or ended.',
    'Colours of cells and curves are values, from quiet and deep at 0 to bright and warm at 100 %.',
    'The age at the top is how old what you see is: from the moment it was measured to this screen.',
  ],

  // Who is in.
  userAndRole: (name: string, role: string) => `${name}, ${role}`,
  logOut: 'Log out',

  // The line to the server.
  connecting: 'Connecting',
  live: 'Live',
  behind: (n: number) => `Live, behind by ${n.toLocaleString()}`,
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

  // Nobody judges.
  unjudgedStatus: 'No analyzer',
  unjudgedHeadline: (time: string) => `No analyzer since ${time}`,
  unjudgedLine: 'Nobody judges what is measured; what you see is from then. Start one: npx ganglion run analyzer',
  titleUnjudged: '… No analyzer',

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
  worstResource: 'Worst, else CPU',
  group: 'Group',
  groupings: { none: 'All together', site: 'By site', kind: 'By kind of name' },
  otherGroups: (n: number) => `${n.toLocaleString()} other groups`,
  byLabel: (name: string) => `By ${name}`,
  noLabel: 'without one',
  noSite: 'without a site',
  sort: 'Order',
  sorts: { name: 'By name', worst: 'Worst first', value: 'Highest first', unusual: 'Most unusual first' },
  show: 'Show',
  cards: 'Cards',
  map: 'Map',
  mapOf: (n: number) => `${count(n, 'machine', 'machines')} as a map: the arrow keys walk over it, Enter opens`,
  marks: 'Marks',

  // Machines.
  machines: 'Machines',
  resources: {
    cpu: 'CPU',
    memory: 'Memory',
    load: 'Load',
    swap: 'Swap',
    cpu_frequency: 'CPU frequency',
    numa: 'Memory by node',
    cgroups: 'Containers and services',
    gpu: 'GPU',
    gpus: 'GPUs',
    units: 'Units of systemd',
    anomaly: 'Unusual',
  } as { readonly [name: string]: string },
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
  unusual: 'unusual',
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
    `Curves go from 0 to 100 % and back ${minutes} minutes, or as far as this is remembered.`,
  folded: (n: number) =>
    `${count(n, 'figure was', 'figures were')} overtaken by newer ones before they could be shown here.`,
  forgotten: (max: number) => `Only the ${max.toLocaleString()} machines heard last are shown.`,

  // The system: who runs, and what flows.
  system: {
    title: 'System',
    summary: (modules: number, topics: number, rate: string) =>
      `${count(modules, 'instance', 'instances')}, ${count(topics, 'topic', 'topics')}, ${rate} messages a second`,
    diagram: 'The running modules and topics. The arrow keys walk along it, Enter selects, Escape lets go.',
    you: 'you',
    nobody: 'nobody',
    many: (module: string, n: number) => `${module} × ${n.toLocaleString()}`,
    on: (module: string, place: string) => `${module} on ${place}`,
    stranger: 'says no pulse',
    standings: (alive: number, late: number, dead: number) =>
      [
        `${alive.toLocaleString()} live`,
        ...(late > 0 ? [`${late.toLocaleString()} late`] : []),
        ...(dead > 0 ? [`${dead.toLocaleString()} dead`] : []),
      ].join(', '),
    gone: (cause: 'stopped' | 'connection_lost' | 'silent', span: string) =>
      `${{ stopped: 'stopped', connection_lost: 'connection lost', silent: 'silent' }[cause]} ${span} ago`,
    late: (span: string) => `no pulse for ${span}`,
    lateWord: 'LATE',
    deadWord: 'DEAD',
    flow: (incoming: string, outgoing: string) => `${incoming} in, ${outgoing} out /s`,
    perSecond: (rate: string) => `${rate}/s`,
    dropped: (n: number) => `${n.toLocaleString()} dropped`,
    failed: (n: number) => `${n.toLocaleString()} failed`,
    frames: 'frames',
    unknownRate: 'rate not known',
    messagesASecond: (rate: string) => (rate === '1' ? '1 message a second' : `${rate} messages a second`),
    edgeCall: (from: string, topic: string, to: string, rate: string) => `${from} publishes ${topic} to ${to}, ${rate}`,
    unheardCall: (from: string, topic: string, rate: string) =>
      `${from} publishes ${topic}, which nobody hears, ${rate}`,
    framesCall: (from: string, rate: string) => `${from} sends frames to this page, ${rate}`,
    waiting: 'Waiting for the first pulse',
    waitingLine: 'Each module tells of itself once a second. It appears here as soon as it does.',
    notYours: 'The system is shown to whoever has logged in. This link shows machines alone.',
    since: (time: string) => `As it was at ${time}`,

    // Around the picture.
    controls: 'Picture',
    showPulses: 'Pulses',
    showPulsesHint: 'Who tells its counts to whom (p)',
    list: 'List',
    listHint: 'The same as a table (l)',
    fit: 'Fit',
    fitHint: 'All of it (0)',
    closer: 'Closer',
    farther: 'Farther',
    oneLight: '1 light is 1 message',
    oneLightIs: (topic: string, n: number) => `on ${topic} ${n.toLocaleString()}`,
    still: 'Nothing travels, as your system asks for less motion: a brighter, wider line carries more.',
    sampled: 'Who says no pulse is heard in a sample of a second every 5 s.',
    leftOut: (n: number) => `${count(n, 'instance is', 'instances are')} not drawn, for want of room.`,
    edgesLeftOut: (n: number) => `${count(n, 'line is', 'lines are')} not drawn, for want of room.`,
    untold: (n: number) => `${count(n, 'instance', 'instances')} beyond what a page can hold.`,

    // The list.
    table: 'Instances and what flows',
    columns: { instance: 'Instance', state: 'State', incoming: 'Takes in', outgoing: 'Puts out', losses: 'Lost' },

    // One node.
    details: 'Selected',
    close: 'Close',
    instance: 'Instance',
    module: 'Module',
    host: 'Host',
    machine: 'Machine',
    version: 'Version',
    here: 'Here',
    heard: 'Pulse',
    ago: (span: string) => `${span} ago`,
    every: (span: string) => `every ${span}`,
    listens: 'Listens to',
    publishes: 'Publishes',
    nothing: 'nothing',
    losses: 'Lost since you look',
    none: 'none',
    counts: 'Counted with its last pulse',
    apart: 'Show apart',
    together: 'Show as one',
    instances: 'Instances',
    filterInstances: 'Filter instances',
    shownOf: (n: number, of: number) => `${n.toLocaleString()} of ${of.toLocaleString()} are listed`,

    // A tap.
    tap: (pattern: string) => `Tap on ${pattern}`,
    pattern: 'Pattern',
    patternWrong: 'Words between dots; * is one word, # any number of them.',
    rate: 'At most',
    rateOption: (n: number) => `${n} a second`,
    tapFilter: 'Only with',
    pause: 'Pause',
    goOn: 'Go on',
    paused: (n: number) => `Paused; ${count(n, 'message', 'messages')} since.`,
    messages: 'Messages, newest first',
    kept: (n: number, max: number) => `${n.toLocaleString()} of at most ${max.toLocaleString()} kept`,
    letGo: (n: number) => `${n.toLocaleString()} older let go`,
    passed: (n: number) => `${n.toLocaleString()} passed that are not shown`,
    fitting: (n: number) => `${n.toLocaleString()} fit`,
    listening: 'Listening. The first message appears here as it passes.',
    noneFit: 'No message that is kept holds this.',
    adminsOnly: 'Only admins may listen in on a topic.',
    copy: 'Copy',
    copyAll: 'Copy all',
    copied: 'Copied',
    notCopied: 'Not copied: the browser does not allow it here',
    cut: (shown: number, bytes: number) =>
      `Cut: the first ${shown.toLocaleString()} characters of ${bytes.toLocaleString()} bytes.`,
    bytes: (n: number) => count(n, 'byte', 'bytes'),
    sender: 'from',
    way: 'Its way',
    measuredThen: 'happened',
    receivedThen: 'heard here',
    empty: 'an empty body',
  },

  // The time that is shown.
  time: {
    bar: 'Time',
    live: 'Live',
    goLive: 'Back to live',
    goLiveHint: 'Back to live (L)',
    title: (time: string) => `Then: ${time}`,
    at: (time: string) => `at ${time}`,
    asItWas: (time: string) => `As it was at ${time}`,
    worst: 'Worst then',
    range: (from: string, to: string) => `${from} to ${to}`,
    last: (span: string) => `Last ${span}`,
    spans: ['15 min', 'hour', '6 hours', 'day', 'week', 'month', 'year', '2 years'] as readonly string[],
    ownSpan: (span: string) => `${span}`,
    span: 'How much time',
    earlier: 'Earlier',
    later: 'Later',
    play: 'Play',
    playHint: 'Play what happened (P)',
    stop: 'Stop',
    speed: 'How fast',
    times: (n: number) => `${n} ×`,
    against: 'Compare',
    againstNone: 'Compare',
    againsts: { day: 'With the day before', week: 'With the week before' },
    happenedNone: 'No events',
    happenedCount: (n: number) => count(n, 'event', 'events'),
    happenedMore: (n: number) => `${count(n, 'older one is', 'older ones are')} not listed.`,
    happened: {
      birth: (of: string) => `${of} appeared`,
      death: (of: string, cause?: 'stopped' | 'connection_lost' | 'silent') =>
        cause === 'stopped'
          ? `${of} was stopped`
          : `${of} died${cause === undefined ? '' : `, ${{ connection_lost: 'connection lost', silent: 'silent' }[cause]}`}`,
      outage: (machines: number, of: string) =>
        `${count(machines, 'machine', 'machines')}${of === '#' ? '' : ` of ${of}`} were cut off together`,
      alert: (of: string, what: string) => `${of}: ${what}`,
      cleared: (of: string, what: string) => `${of}: over – ${what}`,
    },
    keep: 'Export',
    keepAs: { csv: 'CSV', json: 'JSON', png: 'Picture' },
    keepHint: 'What is seen now, as a file',
    track: 'Moment',
    choose: 'Show',
    trackHint: 'Click a moment, or draw out a stretch',
    cut: 'The line is cut.',
    noAnswer: 'No answer came.',
    untold: (why: string) => `Not shown: ${why}`,
    systemLive: 'The system is drawn as it is now; what happened to its modules then is listed below.',
    cells: (span: string) => `Each point is ${span}: a line for its mean, and an area from the least to the most.`,
    stands: (time: string) => `The time that is shown is ${time}.`,
  },

  titleAlerts: (worst: Severity, n: number, title: string) =>
    `(${{ critical: '▲', warning: '▬', info: '●' }[worst]} ${n}) ${title}`,
  title: (state: string, place: string) => `${state} · ${place}`,
  titleHigh: (n: number) => `▲ ${n} HIGH`,
  titleDead: (n: number) => `✕ ${n} DEAD`,
  titleCalm: '● Calm',
  titleMedium: '▬ Calm',
  titleCut: '… Cut off',

  // One machine.
  machine: {
    // How it stands.
    alerts: 'Alerts of this machine',
    HIGH: (what: string, lasting: string) => `HIGH: ${what} ${lasting}`,
    MEDIUM: (what: string, lasting: string) => `MEDIUM: ${what} ${lasting}`,
    low: (lasting: string) => `Nothing is wrong ${lasting}`,
    notJudged: 'It speaks, and nobody judges what it says',
    /** Over the names of many of a kind. */
    item: 'Name',
    atPercent: (resource: string, percentage: number) => `${resource} ${percentage} %`,
    andMore: (n: number) => `, and ${n} more`,
    late: (span: string) => `Its last word came ${span} ago: it is late`,
    stoppedAnswering: (machine: string, span: string, why: string) =>
      `${machine} stopped answering ${span} ago (${why})`,
    saidGoodbye: (machine: string, span: string) => `${machine} was stopped ${span} ago`,
    whyGone: { connection_lost: 'connection lost', silent: 'silent', stopped: 'stopped' },
    frozen: (time: string) => `What you see is from ${time}: nothing reaches this page.`,
    clockAhead: (by: string) => `Its clock is ${by} ahead: times below are by that clock.`,
    clockLate: (by: string) =>
      `Its clock is ${by} behind, or its measures take that long. Times below are by its clock.`,

    // Nobody knows it.
    waiting: 'Waiting for the first word about it',
    unheard: (machine: string) => `No machine is called ${machine}`,
    unheardLine: 'Perhaps it has not spoken yet: it appears here with its first figures. On that machine, run',
    unheardCommand: 'npx ganglion run tracker --broker amqp://your-broker',
    unheardBack: 'See all machines',
    unusual: (sentence: string) => `Unusual for it: ${sentence}`,
    refused: (why: string) => `Its measures are not shown: ${why}`,
    noMeasures: 'Its bands come, its measures do not: there is nothing but the headlines.',

    // Where one is, and how to go on.
    beside: 'Other machines',
    previous: (machine: string) => `Previous: ${machine}`,
    next: (machine: string) => `Next: ${machine}`,
    index: 'Resources',
    headlines: 'Headlines',
    charts: (n: number) => count(n, 'chart', 'charts'),

    // Time.
    time: 'Time shown',
    span: (minutes: number) => `${minutes} min`,
    spanExplained: (minutes: number) => `Show the last ${minutes} minutes`,
    pause: 'Pause',
    live: 'Back to live',
    pausedAt: (time: string) => `Paused at ${time}`,
    pausedRange: (from: string, to: string) => `Paused, ${from} to ${to}`,
    samplesWaiting: (n: number) => count(n, 'sample waiting', 'samples waiting'),
    notRemembered: 'What this link shows is not remembered any more.',
    newest: 'Newest',
    lastSample: (time: string) => `Its last sample is from ${time}`,
    timeIn: (chart: string) => `Time in ${chart}`,
    at: (time: string) => `At ${time}`,
    since: (time: string) => `since ${time}`,
    detailsSince: (time: string) => `Charts since ${time}, when somebody first looked`,
    reading: 'The headlines’ curves go from 0 to 100 %. Behind them, MEDIUM is shaded, and HIGH has a bar on top.',

    // How old.
    age: (age: string) => `${age} old`,
    hops: (to_server: string, to_here: string, drawing: string) =>
      `Tracker to server ${to_server}, server to here ${to_here}, drawing ${drawing}`,
    hopsHere: (to_here: string, drawing: string) => `From the server on: to here ${to_here}, drawing ${drawing}`,

    // Figures.
    unknown: '–',
    yes: 'yes',
    no: 'no',
    value: (name: string, amount: string) => `${name} ${amount}`,
    chart: (title: string, values: string) => `${title}: ${values}`,
    of: (item: string, what: string) => `${item}: ${what}`,
    both: (one: string, other: string) => `${one} and ${lowered(other)}`,
    quiet: (titles: string) => `At 0 all the time: ${titles}.`,
    drawQuiet: 'Draw them too',
    cores: (busiest: string, most: string, average: string, n: number) =>
      `Busiest: ${busiest}, ${most}. Average of ${n}: ${average}`,
    core: (name: string) => `core ${name}`,
    coresFolded: (n: number) => `Each line is the busiest of ${n}.`,
    chartFailed: 'This chart could not be drawn',
    other: 'Other',
    chartsLeftOut: (n: number) => `${count(n, 'chart is', 'charts are')} left out: there are too many.`,
    figuresLeftOut: (n: number, max: number) => `${count(n, 'figure is', 'figures are')} left out: ${max} are kept.`,
    samplesDropped: (n: number) =>
      `${count(n, 'older sample', 'older samples')} had to go: there are too many for 15 minutes.`,

    // What measures call things, where it is not what people call them: whole names, then single words.
    names: {
      core: 'Cores',
      some: 'Some wait',
      some_10: 'Some wait, over 10 s',
      some_60: 'Some wait, over 1 min',
      some_300: 'Some wait, over 5 min',
      full: 'All wait',
      full_10: 'All wait, over 10 s',
      full_60: 'All wait, over 1 min',
      full_300: 'All wait, over 5 min',
      load: 'Load average',
      load_1: '1 min',
      load_5: '5 min',
      load_15: '15 min',
      used: 'In use',
      left_out: 'Left out',
    } as { readonly [name: string]: string },
    words: {
      cpu: 'CPU',
      io: 'I/O',
      iowait: 'I/O wait',
      irq: 'interrupts',
      softirq: 'soft interrupts',
      tcp: 'TCP',
      udp: 'UDP',
      oom: 'out-of-memory',
      inodes: 'inodes',
      gpu: 'GPU',
      gpus: 'GPUs',
    } as { readonly [word: string]: string },
    order: [
      ...['cpu', 'memory', 'load', 'swap', 'disks', 'file_systems', 'network'],
      ...['gpus', 'processes', 'cgroups', 'units', 'sensors', 'energy', 'batteries', 'disk_health'],
    ] as readonly string[],
    /** What is open at first, unless nothing else is known of the machine: the rest is for who looks for it. */
    folded: [
      ...['pressure', 'paging', 'sockets', 'conntrack', 'file_descriptors'],
      ...['cpu_frequency', 'numa', 'system', ''],
    ] as readonly string[],
    kinds: {
      percentage: 'Shares',
      bytes: 'Amounts',
      bytes_per_second: 'Throughput',
      bits_per_second: 'Throughput',
      per_second: 'Rates',
      ms: 'Times',
      seconds: 'Times',
      celsius: 'Temperatures',
      watts: 'Power',
      volts: 'Voltages',
      hertz: 'Frequencies',
      rpm: 'Speeds',
      cores: 'Cores',
      ppm: 'Drifts',
      count: 'Counts',
    },
    units: {
      percentage: '%',
      bytes: 'B',
      bytes_per_second: 'B/s',
      bits_per_second: 'bit/s',
      per_second: '/s',
      ms: 'ms',
      seconds: 's',
      celsius: '°C',
      watts: 'W',
      volts: 'V',
      hertz: 'Hz',
      rpm: 'rpm',
      cores: 'cores',
      ppm: 'ppm',
      count: '',
    },
  },
} as const;

/** A word within a sentence: "Read and written", and "Sent and TCP". */
function lowered(word: string): string {
  return /^\p{Lu}\p{Ll}/u.test(word) ? word.charAt(0).toLowerCase() + word.slice(1) : word;
}

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
