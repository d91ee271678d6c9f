import { expect, test } from 'vitest';
import { openPlainLog } from './plain-log.ts';

function logOf(level: 'debug' | 'info' | 'warn' | 'error') {
  const lines: string[] = [];
  return { log: openPlainLog(level, (line) => lines.push(line)), lines };
}

test('a line is one JSON object, as the command writes it', () => {
  const { log, lines } = logOf('info');
  log.child({ module: 'tracker' }).warn({ code: 'PROBE_FAILED' }, 'no fan');
  expect(lines).toEqual([expect.stringMatching(/^\{"level":"warn","time":"[^"]+Z","module":"tracker".*\}\n$/)]);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ code: 'PROBE_FAILED', msg: 'no fan' });
});

test('what is below the level is not said', () => {
  const { log, lines } = logOf('warn');
  log.debug({}, 'a');
  log.info({}, 'b');
  log.warn({}, 'c');
  log.error({}, 'd');
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['c', 'd']);
});

test('no text ends its line or grows without end, wherever it stands', () => {
  const { log, lines } = logOf('info');
  log.info({ path: 'a\u2028b' }, `x\n${'y'.repeat(10_000)}`);
  const { path, msg } = JSON.parse(lines[0] ?? '');
  expect(path).toBe('a b');
  expect(msg).toMatch(/^x y+…$/);
  expect(msg).toHaveLength(4_000);
});
