// The table: what was measured, against what, and whether it is what was promised.

import { median } from './statistics.ts';

/** What is promised of a figure. */
export interface Goal {
  /** Ours over the bare loop's, at most. */
  readonly ratio_max?: number;
  /** Ours over the bare loop's, at least. */
  readonly ratio_min?: number;
  /** Ours, at most, in the row's unit. */
  readonly max?: number;
  /** Ours, at least, in the row's unit. */
  readonly min?: number;
}

/** One figure, ours beside the bare loop's. */
export interface Row {
  readonly part: string;
  readonly what: string;
  readonly unit: string;
  /** The bare loop's: the median of its rounds. */
  readonly floor?: number;
  /** Ours: the median of its rounds. */
  readonly ours: number;
  /** The median of the rounds' ratios, each to the bare loop's round beside it: what drifts from minute to minute is in both. */
  readonly ratio?: number;
  /** The smallest and the largest ratio of a round to the bare loop's round beside it. */
  readonly ratio_spread?: readonly [number, number];
  readonly goal?: Goal;
  readonly met?: boolean;
  /** Why there is no figure, where there is none. */
  readonly why?: string;
  /** What stands behind it, for the file. */
  readonly details?: unknown;
}

interface Compared extends Pick<Row, 'part' | 'what' | 'unit' | 'goal' | 'details'> {
  /** One value a round, in pairs with `ours`. */
  readonly floor: readonly number[];
  readonly ours: readonly number[];
}

/** Makes the row of a figure that was measured in rounds, side by side. */
export function compare({ floor, ours, goal, ...rest }: Compared): Row {
  const ratios = ours.map((each, round) => each / (floor[round] ?? Number.NaN));
  const row = {
    ...rest,
    floor: median(floor),
    ours: median(ours),
    ratio: median(ratios),
    ratio_spread: [Math.min(...ratios), Math.max(...ratios)] as const,
  };
  return goal === undefined ? row : { ...row, goal, met: meets(goal, row.ours, row.ratio) };
}

/** Makes the row of a figure that has nothing beside it. */
export function alone(row: Omit<Row, 'floor' | 'ratio' | 'ratio_spread' | 'met'>): Row {
  return row.goal === undefined ? row : { ...row, met: meets(row.goal, row.ours, Number.NaN) };
}

function meets({ ratio_max, ratio_min, max, min }: Goal, ours: number, ratio: number): boolean {
  if (ratio_max !== undefined && !(ratio <= ratio_max)) return false;
  if (ratio_min !== undefined && !(ratio >= ratio_min)) return false;
  if (min !== undefined && !(ours >= min)) return false;
  return max === undefined || ours <= max;
}

const HEADINGS = ['', 'unit', 'bare loop', 'ours', 'ratio', 'of rounds', 'goal', 'met'];

/** The table as lines of text in columns: for a terminal, and as it stands for Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const cells = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const isText = (column: number) => column < 2 || column > 5;
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => (isText(at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, at) => (isText(at) ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  const [headings = [], ...body] = cells.map(line);
  return [headings, rule, ...body].join('\n');
}

function cellsOf({ what, unit, floor, ours, ratio, ratio_spread, goal, met, why }: Row): string[] {
  return [
    what,
    unit,
    floor === undefined ? '' : figure(floor),
    why === undefined ? figure(ours) : why,
    ratio === undefined ? '' : ratio.toFixed(2),
    ratio_spread === undefined ? '' : ratio_spread.map((each) => each.toFixed(2)).join(' to '),
    goal === undefined ? '' : goalText(goal, unit),
    met === undefined ? '' : met ? 'yes' : 'NO',
  ];
}

function goalText({ ratio_max, ratio_min, max, min }: Goal, unit: string): string {
  if (ratio_max !== undefined) return `ratio ≤ ${ratio_max}`;
  if (ratio_min !== undefined) return `ratio ≥ ${ratio_min}`;
  if (min !== undefined) return `≥ ${min} ${unit}`;
  return `≤ ${max} ${unit}`;
}

/** Three digits, or all before the point. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return 'never';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}
