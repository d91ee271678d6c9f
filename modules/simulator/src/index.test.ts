import { setTimeout as pause } from 'node:timers/promises';
import { memoryBus, runModule, silentLog } from '@ganglion/kernel';
import { expect, onTestFinished, test } from 'vitest';
import simulator from './index.ts';

const LIVE = {
  name: 'test',
  pattern: '#.measure',
  delivery: 'live',
  limit_messages: 10_000,
  in_flight_max: 1000,
} as const;

test('every machine speaks once an interval, spread over it, and none after the stop', async () => {
  const bus = memoryBus();
  onTestFinished(() => bus.close());
  const heard: string[] = [];
  let enough = () => {};
  const round = new Promise<void>((resolve) => {
    enough = resolve;
  });
  bus.subscribe({ ...LIVE, onDrop: () => {} }, async ({ key }) => {
    heard.push(key);
    if (heard.length === 100) enough();
  });
  const config = { machines: 50, interval_ms: 200, faults_per_day: 0 };
  const running = await runModule(simulator, { bus, log: silentLog, config });
  await round;
  await running.stop();
  const said = heard.length;
  expect(new Set(heard.slice(0, 50)).size).toBe(50);
  expect(heard.slice(50, 100)).toEqual(heard.slice(0, 50));
  await pause(50);
  expect(heard.length).toBe(said);
});
