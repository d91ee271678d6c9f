import { expect, test } from 'vitest';
import { Ages } from './ages.ts';

const T = 1_795_000_000_000;

test('an age is the median of the last seconds, hop by hop', () => {
  const ages = new Ages();
  expect(ages.median(0)).toBeUndefined();
  // Long ago: says nothing of now.
  ages.add({ measured_ms: T - 60_000, received_ms: T - 50_000, arrived_ms: T - 40_000, drawn_ms: T - 30_000 });
  for (const [i, late_ms] of [2, 3, 900].entries()) {
    const measured_ms = T + i * 1000;
    const received_ms = measured_ms + late_ms;
    ages.add({ measured_ms, received_ms, arrived_ms: received_ms + 1, drawn_ms: received_ms + 10 });
  }
  expect(ages.median(0)).toEqual({ to_server_ms: 3, to_here_ms: 1, drawing_ms: 9 });
});

test("a device's clock that differs from the server's is allowed for", () => {
  const ages = new Ages();
  ages.add({ measured_ms: T, received_ms: T + 2, arrived_ms: T + 60_003, drawn_ms: T + 60_010 });
  expect(ages.median(60_000)).toEqual({ to_server_ms: 2, to_here_ms: 1, drawing_ms: 7 });
});
