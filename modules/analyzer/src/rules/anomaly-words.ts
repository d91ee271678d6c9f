// Figures in words: "Network eth0 received 80 MB/s, usually 1 to 4 MB/s".

interface Unit {
  readonly ending: string;
  readonly sign: string;
  /** A thousand of one is one of the next. */
  readonly grows?: boolean;
}

/** By the ends of names; the first that fits counts. */
const UNITS: readonly Unit[] = [
  { ending: '_percentage', sign: '%' },
  { ending: '_bytes_per_second', sign: 'B/s', grows: true },
  { ending: '_per_second', sign: '/s' },
  { ending: '_bytes', sign: 'B', grows: true },
  { ending: '_ms', sign: 'ms' },
  { ending: '_celsius', sign: '°C' },
  { ending: '_hertz', sign: 'Hz', grows: true },
  { ending: '_watts', sign: 'W' },
];

/** Words that are not written as they are said. */
const SPELLED: Readonly<Record<string, string>> = {
  cpu: 'CPU',
  gpus: 'GPUs',
  tcp: 'TCP',
  udp: 'UDP',
  io: 'I/O',
  iowait: 'I/O wait',
};

/** A value as it is and the range that it usually is in, both in the figure's unit. */
export interface Compared {
  /** The path in the measure, with the device in the place of a `*`. */
  readonly figure: string;
  readonly device: string | undefined;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Over what the value is a mean: 0 for some seconds, of which nothing is said, 1 for minutes, 2 for a quarter of an hour. */
  readonly scale: number;
}

const OVER = ['', ' over two minutes', ' over a quarter of an hour'];

/** The sentence for people. */
export function sentenceOf({ figure, device, value, low, high, scale }: Compared): string {
  const { name, unit } = nameOf(figure, device);
  if (unit === undefined && low >= 0 && high <= 1 && figure.endsWith('ed')) {
    return value < 0.5 ? `${name}: no, usually yes` : `${name}: yes, usually no`;
  }
  const factor = scaleOf(unit, Math.max(Math.abs(value), Math.abs(high)));
  const sign = unit === undefined ? '' : `\u00a0${factor.prefix}${unit.sign}`.replace('\u00a0/s', '/s');
  const [now, from, to] = [value, low, high].map((each) => rounded(each / factor.size));
  return `${name} ${now}${sign}${OVER[scale] ?? ''}, usually ${from === to ? from : `${from} to ${to}`}${sign}`;
}

/** What people call a figure, and its unit. */
function nameOf(figure: string, device: string | undefined): { name: string; unit: Unit | undefined } {
  const unit = UNITS.find(({ ending }) => figure.endsWith(ending));
  const bare = unit === undefined ? figure : figure.slice(0, -unit.ending.length);
  const words = bare.split('.');
  const first = words[0] ?? '';
  const last = words.length > 1 ? (words.at(-1) ?? '') : '';
  const middle = words.length > 2 && device === undefined ? words.slice(1, -1) : [];
  const name = [first, ...middle, device, last]
    .filter((word) => word !== undefined && word !== '')
    .map((word) => {
      return word === device
        ? word
        : (word ?? '')
            .split('_')
            .map((each) => SPELLED[each] ?? each)
            .join(' ');
    });
  const text = name.join(' ');
  return { name: text.charAt(0).toUpperCase() + text.slice(1), unit };
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'];

function scaleOf(unit: Unit | undefined, largest: number): { size: number; prefix: string } {
  if (unit?.grows !== true) return { size: 1, prefix: '' };
  const step = Math.min(PREFIXES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(largest, 1)) / 3)));
  return { size: 1_000 ** step, prefix: PREFIXES[step] ?? '' };
}

/** Two digits that count, or all before the point. */
function rounded(value: number): string {
  const size = Math.abs(value);
  if (size >= 10) return Math.round(value).toLocaleString('en');
  return String(Number(size >= 1 ? value.toFixed(1) : value.toPrecision(1)));
}
