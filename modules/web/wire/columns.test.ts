import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packFigures, packPast, packPeaks, unpack } from './columns.ts';
import { type FiguresFrame, NO_FIGURE, type PastFrame, PEAKS_SECONDS, type PeaksFrame } from './frames.ts';

const figures: FiguresFrame = {
  type: 'figures',
  sent_ms: 1_700_000_000_123.5,
  ids: Uint32Array.of(0, 7, 19_999),
  late_ms: Int32Array.of(3, -2_000_000, 0),
  waited_ms: Uint16Array.of(0, 1, 65_535),
  resources: ['cpu', 'Größe'],
  hundredths: [Uint16Array.of(0, 10_000, NO_FIGURE), Uint16Array.of(1, 2, 3)],
  folded: 4,
};

const peaks: PeaksFrame = {
  type: 'peaks',
  sent_ms: 7,
  ids: Uint32Array.of(3, 4),
  seconds: Uint32Array.of(1_700_000_000, 1_700_000_001),
  resources: ['cpu', 'memory'],
  peaks: [Uint8Array.from({ length: 2 * PEAKS_SECONDS }, (_, i) => i % 256), new Uint8Array(2 * PEAKS_SECONDS)],
};

const past: PastFrame = {
  type: 'past',
  sent_ms: 5,
  machine: 'büro "1"',
  of: 'details',
  times_ms: Float64Array.of(1_700_000_000_000, 1_700_000_001_000.5),
  paths: ['cpu/cores/0', 'a~1b'],
  columns: [Float32Array.of(1.5, Number.NaN), Float32Array.of(0, 2 ** 40)],
  last: true,
};

test('what is packed comes out as it was', () => {
  expect(unpack(packFigures(figures).buffer)).toEqual(figures);
  expect(unpack(packPeaks(peaks).buffer)).toEqual(peaks);
  expect(unpack(packPast(past).buffer)).toEqual(past);
});

test('columns of another part of a buffer are packed as what they show', () => {
  const ids = new Uint32Array([9, 9, 0, 7, 19_999]).subarray(2);
  expect(unpack(packFigures({ ...figures, ids }).buffer)).toEqual(figures);
});

test('a frame without rows or columns is one', () => {
  const none = { ...past, times_ms: new Float64Array(), paths: [], columns: [] };
  expect(unpack(packPast(none).buffer)).toEqual(none);
});

test('what is cut, changed or from somebody else is no frame, and never throws', () => {
  const whole = packFigures(figures);
  for (let bytes = 0; bytes < whole.length - 7; bytes++) expect(unpack(whole.slice(0, bytes).buffer)).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => unpack(Uint8Array.from(bytes).buffer) === undefined),
  );
  fc.assert(
    fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const changed = whole.slice();
      changed[at] = byte;
      unpack(changed.buffer);
      return true;
    }),
  );
});
