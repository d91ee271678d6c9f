import { describe, expect, test } from 'vitest';
import { readArguments } from './arguments.ts';

/** The error that some words lead to. */
function errorOf(...words: string[]): unknown {
  try {
    readArguments(words);
  } catch (error) {
    return error;
  }
  throw new Error('there was no error');
}

describe('the words after ganglion', () => {
  test('are a command, its words, and flags anywhere', () => {
    const args = readArguments(['--broker=amqp://b', 'run', '--tracker.interval_ms', '500', 'tracker', '--json']);
    expect(args).toMatchObject({
      command: 'run',
      words: ['tracker'],
      flags: [
        { name: 'broker', raw: '--broker', value: 'amqp://b' },
        { name: 'tracker.interval_ms', raw: '--tracker.interval_ms', value: '500' },
      ],
    });
    expect([...args.switches]).toEqual(['json']);
  });

  test('may give an option several times', () => {
    expect(readArguments(['up', '--with', 'a.ts', '--with=b.ts']).options.with).toEqual(['a.ts', 'b.ts']);
  });

  test.each(['007', '1e3', 'true', '-1', ''])('leave the value "%s" as it was typed', (value) => {
    expect(readArguments(['up', `--machine=${value}`]).flags[0]?.value).toBe(value);
  });

  test('know -h and -v', () => {
    expect([...readArguments(['-h', '-v']).switches]).toEqual(['help', 'version']);
  });

  test('may say yes to a setting by a flag alone', () => {
    const args = readArguments(['up', '--insecure', '--port', '80']);
    expect(args.flags.map(({ name, value }) => [name, value])).toEqual([
      ['insecure', 'true'],
      ['port', '80'],
    ]);
    expect(args.words).toEqual([]);
  });

  test.each([
    [['up', '--prot', '1'], 'FLAG_UNKNOWN', '--port'],
    [['up', '--toString'], 'FLAG_UNKNOWN', 'there is no such flag;'],
    [['up', '--broker'], 'FLAG_VALUE_INVALID', 'its value is missing'],
    [['up', '--broker', '--json'], 'FLAG_VALUE_INVALID', 'its value is missing'],
    [['tap', '--json=1'], 'FLAG_VALUE_INVALID', 'it takes no value'],
  ])('%j are refused as %s', (words, code, text) => {
    expect(errorOf(...words)).toMatchObject({
      code,
      configuration: true,
      message: expect.stringContaining(text),
    });
  });
});
