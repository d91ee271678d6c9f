import fs from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { holdBack, openLog, type RootLog } from './log.ts';

/** A log that keeps its lines. */
function recorder(): { lines: string[]; log: RootLog } {
  const lines: string[] = [];
  const write = (who: string) => (_fields: object, text: string) => void lines.push(who + text);
  const as = (who: string) => ({ debug: write(who), info: write(who), warn: write(who), error: write(who) });
  return { lines, log: { ...as(''), child: ({ module }) => as(`${module}: `) } };
}

test('a log that is held back says everything in order once it is released, and nothing while it is held', () => {
  const { lines, log } = recorder();
  const held = holdBack(log);
  const child = held.log.child({ module: 'web' });
  held.log.info({}, 'one');
  child.warn({}, 'two');
  expect(lines).toEqual([]);
  held.release();
  child.error({}, 'three');
  expect(lines).toEqual(['one', 'web: two', 'web: three']);
  held.hold();
  held.log.info({}, 'four');
  expect(lines.length).toBe(3);
});

for (const terminal of [true, false]) {
  test(`a name with a line feed in it begins no line of its own (${terminal ? 'on' : 'without'} a terminal)`, async () => {
    const written: string[] = [];
    vi.spyOn(fs, 'writeSync').mockImplementation((_fd: number, data: unknown) => {
      written.push(String(data));
      return Buffer.byteLength(String(data));
    });
    const { isTTY } = process.stderr;
    process.stderr.isTTY = terminal;
    onTestFinished(() => {
      vi.restoreAllMocks();
      process.stderr.isTTY = isTTY;
    });
    const log = await openLog('info');
    const source = 'eve\n12:00:00 INFO: all is well\u2028\u001b[2J';
    log.child({ module: 'presence' }).info({ source }, `machine ${source} is gone`);
    const text = written.join('');
    expect(text).toContain('machine eve 12:00:00 INFO: all is well [2J is gone');
    for (const sign of ['\n', '\u2028', '\u001b[2J']) expect(text.trimEnd()).not.toContain(sign);
  });
}
