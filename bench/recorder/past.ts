// Two years of one machine and the fleet of some hours ago, written as the recorder writes them: so that there is a past to ask for.

import { BlockWriter, CELLS, type Columns, LAST_TIME, SAMPLES, TIME } from '../../modules/recorder/src/block.ts';
import { rollCells, rollSamples, type Table } from '../../modules/recorder/src/cells.ts';
import { FigureReader } from '../../modules/recorder/src/figures.ts';
import { blockStart, LEVELS, levelAt, SAMPLE_LEVEL, TOP_LEVEL } from '../../modules/recorder/src/levels.ts';
import { Pieces, Rows } from '../../modules/recorder/src/minutes.ts';
import { Names } from '../../modules/recorder/src/names.ts';
import { openSqlite } from '../../modules/recorder/src/sqlite/store.ts';
import type { StoredBlock } from '../../modules/recorder/src/store.ts';
import type { Fleet } from './machines.ts';

const HOUR_MS = 3_600_000;

/** Blocks of one commit. */
const BATCH = 200;

/**
 * Makes the past of a fleet in a folder.
 *
 * @param until_ms the past ends here
 */
export async function makePast(folder: string, fleet: Fleet, until_ms: number): Promise<void> {
  const store = openSqlite({ folder });
  const names = await Names.of(store);
  const reader = new FigureReader(names);
  const writer = new BlockWriter();
  let blocks: StoredBlock[] = [];
  const put = async (block: StoredBlock) => {
    blocks.push(block);
    if (blocks.length < BATCH) return;
    await store.commit({ blocks });
    blocks = [];
  };

  // Ten minutes as they are measured, again and again: what is in them costs what it costs, whenever it was.
  const samplesOf = (bodies: () => object): Table => {
    const rows = new Rows(reader.read(bodies(), undefined), new Pieces());
    for (let second = 0; second < 600; second++) {
      reader.read(bodies(), rows.layout);
      rows.add(second * 1_000, reader.values);
    }
    return rows.table();
  };
  const measures = samplesOf(() => fleet.measureOf(0));
  const track = names.trackOf('measure', fleet.names[0] ?? '') ?? 0;
  for (let level = SAMPLE_LEVEL; level <= TOP_LEVEL; level++) {
    const { width_ms, span_ms, keep_ms } = levelAt(level);
    const first_ms = blockStart(level, until_ms - keep_ms);
    const cells = level === SAMPLE_LEVEL ? measures : repeated(rollSamples(measures, 10_000), width_ms, span_ms);
    for (let start_ms = first_ms; start_ms < until_ms; start_ms += span_ms) {
      const rows = level === SAMPLE_LEVEL ? 60 : cells.rows;
      const table = moved(cells, rows, start_ms);
      const fit = until(table, until_ms);
      if (fit.rows === 0) continue;
      const bytes = writer.write(level === SAMPLE_LEVEL ? SAMPLES : CELLS, fit.rows, fit.columns);
      await put({ level, track, start_ms, bytes });
    }
  }

  // The fleet some hours ago: of its analyses there are cells of ten seconds.
  const analyses = rollSamples(
    samplesOf(() => ({
      cpu_result: 1,
      cpu_percentage: 12.34,
      memory_result: 2,
      memory_percentage: 71.5,
      disks_result: 1,
    })),
    10_000,
  );
  for (const name of fleet.names) {
    const own = names.trackOf('analysis', name) ?? 0;
    const from_ms = blockStart(1, until_ms - 3.5 * HOUR_MS);
    for (let start_ms = from_ms; start_ms < until_ms - 2.5 * HOUR_MS; start_ms += 600_000) {
      const { rows, columns } = moved(analyses, analyses.rows, start_ms);
      await put({ level: 1, track: own, start_ms, bytes: writer.write(CELLS, rows, columns) });
    }
  }
  const floors = LEVELS.map(({ keep_ms }, level) => ({
    level,
    from_ms: blockStart(Math.min(level + 1, TOP_LEVEL), until_ms - keep_ms),
  }));
  await store.commit({ ...names.unstored, blocks, floors: floors.slice(0, 1) });
  await store.close();
}

/** Cells of another width over a whole block, made of the same ten minutes. */
function repeated(ten_minutes: Table, width_ms: number, span_ms: number): Table {
  const parts: Table[] = [];
  const cells = span_ms / width_ms;
  const each = rollCells(ten_minutes, Math.min(width_ms, 60_000));
  for (let cell = 0, taken = 0; cell < cells; cell += taken) {
    taken = Math.min(each.rows, cells - cell);
    const columns: Columns = new Map();
    for (const [number, values] of each.columns) {
      columns.set(
        number,
        number === TIME || number === LAST_TIME
          ? Float64Array.from(
              { length: taken },
              (_, i) => (cell + i) * width_ms + (number === TIME ? 0 : width_ms - 1_000),
            )
          : values.slice(0, taken),
      );
    }
    parts.push({ rows: taken, columns });
  }
  const columns: Columns = new Map();
  for (const number of each.columns.keys()) {
    const all = new Float64Array(cells);
    let at = 0;
    for (const part of parts) {
      all.set(part.columns.get(number) as Float64Array, at);
      at += part.rows;
    }
    columns.set(number, all);
  }
  return { rows: cells, columns };
}

function moved({ columns }: Table, rows: number, by_ms: number): Table {
  const later = (values: Float64Array) => values.slice(0, rows).map((time_ms) => time_ms + by_ms);
  const all: Columns = new Map();
  for (const [number, values] of columns) {
    all.set(number, number === TIME || number === LAST_TIME ? later(values) : values.slice(0, rows));
  }
  return { rows, columns: all };
}

function until({ rows, columns }: Table, until_ms: number): Table {
  const times = columns.get(TIME) as Float64Array;
  let fit = 0;
  while (fit < rows && (times[fit] as number) < until_ms) fit++;
  return { rows: fit, columns };
}
