import Type from 'typebox';
import { describe, expect, test } from 'vitest';
import { faultOf, readText, wantedBy } from './schema.ts';

const Interval = Type.Integer({ minimum: 100, maximum: 60_000 });

describe('a text from the environment or a flag', () => {
  test.each([
    [Interval, 'tracker.interval_ms', '500', 500],
    [Interval, 'tracker.interval_ms', '500ms', 500],
    [Interval, 'tracker.interval_ms', '2s', 2000],
    [Interval, 'tracker.interval_ms', '1.5s', 1500],
    [Interval, 'tracker.interval_ms', '1min', 60_000],
    [Interval, 'tracker.interval_ms', '2h', '2h'],
    [Interval, 'tracker.count', '2s', '2s'],
    [Interval, 'tracker.interval_ms', '', ''],
    [Interval, 'tracker.interval_ms', 'NaN', 'NaN'],
    [Type.String(), 'tracker.machine', '007', '007'],
    [Type.Boolean(), 'web.open', 'true', true],
    [Type.Boolean(), 'web.open', 'yes', 'yes'],
    [Type.Enum(['info', 'warn']), 'log_level', 'warn', 'warn'],
    [Type.Array(Type.String()), 'web.origins', '["https://a.example"]', ['https://a.example']],
    [Type.Optional(Type.Number()), 'x.limit', '2.5', 2.5],
    [Type.Record(Type.String(), Type.String()), 'tracker.labels', 'site=berlin', { site: 'berlin' }],
    [Type.Record(Type.String(), Type.String()), 'tracker.labels', 'a=b=c, d=', { a: 'b=c', d: '' }],
    [Type.Record(Type.String(), Type.String()), 'tracker.labels', '{"a":"b,c"}', { a: 'b,c' }],
    [Type.Record(Type.String(), Type.String()), 'tracker.labels', 'berlin', 'berlin'],
  ])('%j, %s: %j is %j', (schema, name, text, value) => {
    expect(readText(schema, name, text)).toEqual(value);
  });
});

test.each([
  [Interval, 'a whole number from 100 to 60000'],
  [Type.Integer({ minimum: 1 }), 'a whole number, at least 1'],
  [Type.Number({ maximum: 9 }), 'a number, at most 9'],
  [Type.Boolean(), 'true or false'],
  [Type.Enum(['info', 'warn']), 'one of info, warn'],
  [Type.Union([Type.Literal('a'), Type.Literal('b')]), 'one of a, b'],
  [Type.String({ minLength: 1, maxLength: 9 }), 'a text of 1 to 9 characters'],
  [Type.Array(Type.String()), 'a list'],
  [Type.Unknown(), 'a value that its schema allows'],
])('%j is told as "%s"', (schema, words) => {
  expect(wantedBy(schema)).toBe(words);
});

test('what is wrong inside a value is told with its place', () => {
  const schema = Type.Array(Type.Object({ from: Type.Number({ minimum: 0 }) }, { additionalProperties: false }));
  expect(faultOf(schema, [{ from: 1 }])).toBeUndefined();
  expect(faultOf(schema, [{ from: -1 }])).toBe('0.from must be >= 0');
  expect(faultOf(schema, [{ from: 1, form: 2 }])).toContain('form');
});
