import { expect, test } from 'vitest';
import { holdBack, type RootLog } from './log.ts';

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
