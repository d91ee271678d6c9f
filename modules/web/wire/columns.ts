// Binary frames: one JSON object, and behind it columns of numbers, little-endian, each one kind of number for all rows.
//
//     bytes 0–3            n, the length of the object in bytes, unsigned
//     bytes 4 … 4 + n      the object, UTF-8, filled up with blanks so that what follows lies at a multiple of 8
//     then                 the columns one after another, each filled up to a multiple of 8
//
// The object says the `type` and how many `rows` there are. `figures`: u32 ids, i32 late_ms, u16 waited_ms, then u16 for each
// of `resources`. `peaks`: u32 ids, u32 seconds, then 180 u8 a row for each of `resources`. `past`: f64 times, then f32 for each of `paths`. `range`: f64 times, then for each of
// `paths` f32 means and, unless `width_ms` is 0, f32 least and f32 most. Reading a column copies nothing: it is a view on the message.

import {
  type BinaryFrame,
  type FiguresFrame,
  type PastFrame,
  PEAKS_SECONDS,
  type PeaksFrame,
  type RangeFrame,
} from './frames.ts';

type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** Rows and columns a frame may have; a larger one is none of ours. */
const ROWS_MAX = 1_000_000;
const COLUMNS_MAX = 4_096;

const ALIGNMENT = 8;
const LENGTH_BYTES = 4;
const BLANK = 0x20;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes a `figures` frame. */
export function packFigures(frame: FiguresFrame): Uint8Array<ArrayBuffer> {
  const { type, sent_ms, ids, late_ms, waited_ms, resources, hundredths, folded } = frame;
  return pack({ type, sent_ms, rows: ids.length, resources, folded }, [ids, late_ms, waited_ms, ...hundredths]);
}

/** Writes a `peaks` frame. */
export function packPeaks({ type, sent_ms, ids, seconds, resources, peaks }: PeaksFrame): Uint8Array<ArrayBuffer> {
  return pack({ type, sent_ms, rows: ids.length, resources }, [ids, seconds, ...peaks]);
}

/** Writes a `past` frame. */
export function packPast(frame: PastFrame): Uint8Array<ArrayBuffer> {
  const { type, sent_ms, machine, of, times_ms, paths, columns, last } = frame;
  return pack({ type, sent_ms, rows: times_ms.length, machine, of, paths, last }, [times_ms, ...columns]);
}

/** Writes a `range` frame. */
export function packRange(frame: RangeFrame): Uint8Array<ArrayBuffer> {
  const { type, sent_ms, number, machine, width_ms, times_ms, paths, means, least, most, left_out } = frame;
  const columns = means.flatMap((mean, i) =>
    width_ms === 0 ? [mean] : [mean, least[i] as Float32Array, most[i] as Float32Array],
  );
  const rows = times_ms.length;
  return pack({ type, sent_ms, rows, number, machine, width_ms, paths, left_out }, [times_ms, ...columns]);
}

/** Reads a binary frame; undefined when it is none, or of a type this reader does not know. */
export function unpack(message: ArrayBuffer): BinaryFrame | undefined {
  try {
    const head_bytes = new DataView(message).getUint32(0, true);
    const head = JSON.parse(decoder.decode(new Uint8Array(message, LENGTH_BYTES, head_bytes)));
    const { type, sent_ms, rows, resources, paths, machine, of, last, folded, number, width_ms, left_out } = head;
    if (typeof sent_ms !== 'number' || !Number.isInteger(rows) || rows < 0 || rows > ROWS_MAX) return undefined;
    let offset = LENGTH_BYTES + head_bytes;
    /** The next column; throws when the message is too short for it. */
    const next = <C extends Column>(
      Kind: new (buffer: ArrayBuffer, offset: number, cells: number) => C,
      cells: number = rows,
    ) => {
      const column = new Kind(message, offset, cells);
      offset = aligned(offset + column.byteLength);
      return column;
    };
    if (type === 'figures' && areNames(resources)) {
      const ids = next(Uint32Array);
      const late_ms = next(Int32Array);
      const waited_ms = next(Uint16Array);
      const hundredths = resources.map(() => next(Uint16Array));
      return { type, sent_ms, ids, late_ms, waited_ms, resources, hundredths, folded };
    }
    if (type === 'peaks' && areNames(resources)) {
      const ids = next(Uint32Array);
      const seconds = next(Uint32Array);
      const peaks = resources.map(() => next(Uint8Array, rows * PEAKS_SECONDS));
      return { type, sent_ms, ids, seconds, resources, peaks };
    }
    if (type === 'past' && areNames(paths) && typeof machine === 'string' && (of === 'headlines' || of === 'details')) {
      const times_ms = next(Float64Array);
      const columns = paths.map(() => next(Float32Array));
      return { type, sent_ms, machine, of, times_ms, paths, columns, last };
    }
    if (type === 'range' && areNames(paths) && typeof machine === 'string' && typeof width_ms === 'number') {
      const times_ms = next(Float64Array);
      const means: Float32Array<ArrayBuffer>[] = [];
      const least: Float32Array<ArrayBuffer>[] = [];
      const most: Float32Array<ArrayBuffer>[] = [];
      for (let i = 0; i < paths.length; i++) {
        const mean = next(Float32Array);
        means.push(mean);
        least.push(width_ms === 0 ? mean : next(Float32Array));
        most.push(width_ms === 0 ? mean : next(Float32Array));
      }
      return { type, sent_ms, number, machine, width_ms, times_ms, paths, means, least, most, left_out };
    }
    return undefined;
  } catch {
    return undefined;
  }
}

function pack(head: object, columns: readonly Column[]): Uint8Array<ArrayBuffer> {
  const text = encoder.encode(JSON.stringify(head));
  const head_end = aligned(LENGTH_BYTES + text.length);
  const bytes = columns.reduce((sum, { byteLength }) => sum + aligned(byteLength), head_end);
  const message = new Uint8Array(bytes);
  new DataView(message.buffer).setUint32(0, head_end - LENGTH_BYTES, true);
  message.set(text, LENGTH_BYTES);
  message.fill(BLANK, LENGTH_BYTES + text.length, head_end);
  let offset = head_end;
  for (const column of columns) {
    message.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), offset);
    offset += aligned(column.byteLength);
  }
  return message;
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

function areNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= COLUMNS_MAX && value.every((name) => typeof name === 'string');
}
