import { describe, expect, test } from 'vitest';
import { keptName, liveName } from './queue.ts';

const subscription = {
  name: 'analyzer.measure',
  pattern: '#.measure',
  delivery: 'kept',
  limit_messages: 10,
  in_flight_max: 10,
  onDrop: () => {},
} as const;

describe('queue names', () => {
  test('a kept queue is named after its exchange and subscription, so that all instances share it', () => {
    expect(keptName('ganglion', subscription)).toBe('ganglion.analyzer.measure');
  });

  test("never take the front that is the broker's own", () => {
    expect(keptName('amq.topic', subscription)).toBe('queue.amq.topic.analyzer.measure');
  });

  test('a live queue tells who listens, and is another one each time', () => {
    const name = liveName('ganglion.web.analysis', 'web-7f3a@db-01');
    expect(name).toMatch(/^ganglion\.web\.analysis\.web-7f3a@db-01\.[0-9a-f]{8}$/);
    expect(liveName('ganglion.web.analysis', 'web-7f3a@db-01')).not.toBe(name);
  });

  test('a live queue stays within what a name can hold, whole characters only', () => {
    for (let length = 70; length < 90; length++) {
      const name = liveName('ganglion.web.analysis', 'ü'.repeat(length) + '€'.repeat(50));
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
      expect(name).not.toContain('\uFFFD');
      expect(name).toMatch(/[ü€]\.[0-9a-f]{8}$/);
    }
  });

  test.each([
    { ...subscription, name: 'x'.repeat(250) },
    { ...subscription, pattern: `#.${'x'.repeat(254)}` },
    { ...subscription, in_flight_max: 0 },
    { ...subscription, in_flight_max: 1.5 },
  ])('what no broker could have is told at once', (asked) => {
    expect(() => keptName('ganglion', asked)).toThrow(expect.objectContaining({ code: 'SUBSCRIPTION_INVALID' }));
  });
});
