import type { Envelope } from '@ganglion/kernel';
import { describe, expect, test } from 'vitest';
import { Columns, jsonLine, readPassing } from './tap-lines.ts';
import { styleFor } from './terminal.ts';

const TIME = '2026-11-24T12:00:00.123Z';

function envelope(key: string, payload: string | Uint8Array, time: string | undefined = TIME): Envelope {
  return { key, payload: typeof payload === 'string' ? Buffer.from(payload) : payload, properties: { time } };
}

const plain = styleFor({ write: () => true });

describe('a line for a program', () => {
  const lineOf = (...message: Parameters<typeof envelope>) =>
    JSON.parse(jsonLine(readPassing(envelope(...message), 0)));

  test('has topic, source, time and body, and nothing else', () => {
    expect(lineOf('db-01.example.com.measure', '{"cpu_percentage":12.5}')).toEqual({
      topic: 'measure',
      source: 'db-01.example.com',
      time: TIME,
      body: { cpu_percentage: 12.5 },
    });
  });

  test('names the versions of a body that has but what has changed, so that it can be put together', () => {
    const { key, payload } = envelope('a.measure', '{}');
    const properties = { time: TIME, sender: 'tracker-1', version: 'v2', since: 'v1' };
    expect(JSON.parse(jsonLine(readPassing({ key, payload, properties }, 0)))).toEqual({
      topic: 'measure',
      source: 'a',
      time: TIME,
      body: {},
      sender: 'tracker-1',
      version: 'v2',
      since: 'v1',
    });
  });

  test('gives a body that is no JSON as a text, whatever bytes it has', () => {
    expect(lineOf('db-01.measure', 'LOW').body).toBe('LOW');
    expect(lineOf('db-01.measure', '').body).toBe('');
    expect(lineOf('db-01.measure', Buffer.from([0xff, 0x41])).body).toBe('\ufffdA');
  });

  test('gives the whole key as the topic when it names no source', () => {
    expect(lineOf('measure', '{}')).toMatchObject({ topic: 'measure', source: '' });
    expect(lineOf('', '{}')).toMatchObject({ topic: '', source: '' });
  });

  test('has the time of receipt when the message has none', () => {
    expect(lineOf('a.measure', '{}', 'yesterday').time).toBe('1970-01-01T00:00:00.000Z');
  });
});

describe('a line for a person', () => {
  test('stands in columns that grow with the names', () => {
    const columns = new Columns(plain, () => 80);
    const lines = ['a.measure', 'db-01.example.com.measure', 'a.measure'].map((key) =>
      columns.line(readPassing(envelope(key, '{"cpu_percentage":1}'), 0)),
    );
    expect(lines.map((line) => line.indexOf('{'))).toEqual([34, 43, 43]);
    expect(lines[1]).toMatch(/^\d\d:\d\d:00\.123 {2}db-01\.example\.com {2}measure {3}\{"cpu_percentage":1\}\n$/);
  });

  test('is one line within the terminal, whatever a stranger puts into names and bodies', () => {
    const columns = new Columns(plain, () => 80);
    const nasty = '\u001b[2J\r\n\u0007\u009b31m';
    const line = columns.line(readPassing(envelope(`${nasty}${'x'.repeat(300)}.${nasty}`, nasty.repeat(100)), 0));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass.
    expect(line).toMatch(/^[^\u0000-\u001f\u007f-\u009f]+\n$/);
    expect(line.length).toBeLessThanOrEqual(120);
  });
});
