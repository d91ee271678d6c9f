// The labelled series, read from a folder: `<folder>/<file>.csv` and `windows.json`; or as the benchmark's own repository
// has them, `data/<folder>/<file>.csv` and `labels/combined_windows.json`.

import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** One labelled series. */
export interface Series {
  /** `realTraffic/speed_6005.csv` */
  readonly name: string;
  readonly category: string;
  readonly times_ms: Float64Array;
  readonly values: Float64Array;
  /** Rows of each window in which a detection is right, first and last, in order. */
  readonly windows: readonly Window[];
  /** The first rows are not scored. */
  readonly probation_rows: number;
}

export interface Window {
  readonly first: number;
  readonly last: number;
}

/** Reads all series that the folder has labels for. Throws when there are none. */
export function readCorpus(folder: string): Series[] {
  const flat = join(folder, 'windows.json');
  const own = existsSync(flat);
  const labels: unknown = JSON.parse(readFileSync(own ? flat : join(folder, 'labels/combined_windows.json'), 'utf8'));
  if (typeof labels !== 'object' || labels === null) throw new Error('the labels are no object');
  const series = Object.entries(labels)
    .map(([name, spans]) => ({ name, spans: readSpans(spans), path: join(folder, own ? '' : 'data', name) }))
    .filter(({ path }) => existsSync(path))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ name, spans, path }) => readSeries(name, readFileSync(path, 'utf8'), spans));
  if (series.length === 0) throw new Error(`${folder} holds no labelled series`);
  return series;
}

/** Every second series of each category, by name; `others` are the rest. */
export function halves(corpus: readonly Series[]): { ones: Series[]; others: Series[] } {
  const seen = new Map<string, number>();
  const ones: Series[] = [];
  const others: Series[] = [];
  for (const series of corpus) {
    const count = seen.get(series.category) ?? 0;
    seen.set(series.category, count + 1);
    (count % 2 === 0 ? ones : others).push(series);
  }
  return { ones, others };
}

function readSeries(name: string, text: string, spans: readonly Span[]): Series {
  const rows = text
    .split(/\r?\n/)
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => line.split(','));
  const times_ms = Float64Array.from(rows, ([time]) => Date.parse(`${(time ?? '').slice(0, 19).replace(' ', 'T')}Z`));
  const values = Float64Array.from(rows, ([, value]) => Number(value));
  const windows = spans.map(({ from_ms, to_ms }) => {
    const inside = (time_ms: number) => time_ms >= from_ms && time_ms <= to_ms;
    return { first: times_ms.findIndex(inside), last: times_ms.findLastIndex(inside) };
  });
  return {
    name,
    category: basename(dirname(name)),
    times_ms,
    values,
    windows: windows.sort((one, other) => one.first - other.first),
    probation_rows: Math.min(Math.floor(0.15 * rows.length), 750),
  };
}

interface Span {
  readonly from_ms: number;
  readonly to_ms: number;
}

function readSpans(spans: unknown): Span[] {
  if (!Array.isArray(spans)) throw new Error('the windows of a series are no list');
  return spans.map((span: unknown) => {
    if (!Array.isArray(span)) throw new Error('a window is no pair of times');
    const [from_ms = Number.NaN, to_ms = Number.NaN] = span.map((time) =>
      Date.parse(`${String(time).slice(0, 19).replace(' ', 'T')}Z`),
    );
    return { from_ms, to_ms };
  });
}
