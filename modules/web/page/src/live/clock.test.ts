import { expect, test } from 'vitest';
import { Clock } from './clock.ts';

test('as long as the delay of the line explains it, the clocks agree', () => {
  const clock = new Clock();
  expect(clock.ahead_ms).toBe(0);
  clock.observe(1_000, 1_040);
  clock.observe(2_000, 2_900);
  expect(clock.ahead_ms).toBe(0);
});

test('a frame that arrives before it was sent shows a clock that is behind', () => {
  const clock = new Clock();
  clock.observe(10_000, 7_020);
  clock.observe(11_000, 8_005);
  expect(clock.ahead_ms).toBe(-2_995);
});

test('frames that all seem to take long show a clock that is ahead, by the quickest of them', () => {
  const clock = new Clock();
  for (const delay_ms of [5_300, 5_004, 5_090]) clock.observe(1_000, 1_000 + delay_ms);
  expect(clock.ahead_ms).toBe(5_004);
});

test('a clock that is set is noticed', () => {
  const clock = new Clock();
  clock.observe(0, 10_000);
  for (let sent_ms = 0; sent_ms <= 130_000; sent_ms += 1_000) clock.observe(sent_ms, sent_ms + 20);
  expect(clock.ahead_ms).toBe(0);
});
