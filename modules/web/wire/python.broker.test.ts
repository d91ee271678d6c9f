// The example in docs/wire.md reads what the server writes.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { packFigures } from './columns.ts';
import { NO_FIGURE } from './frames.ts';

test('the Python of the documentation reads a figures frame', () => {
  const papers = readFileSync(new URL('../../../docs/wire.md', import.meta.url), 'utf8');
  const example = papers.match(/```python\n([\s\S]*?)```/)?.[1] ?? '';
  const message = packFigures({
    type: 'figures',
    sent_ms: 1_700_000_000_000,
    ids: Uint32Array.of(0, 7, 19_999),
    late_ms: Int32Array.of(3, -2, 0),
    waited_ms: Uint16Array.of(0, 1, 2),
    resources: ['cpu', 'größe'],
    hundredths: [Uint16Array.of(0, 10_000, NO_FIGURE), Uint16Array.of(1, NO_FIGURE, 3)],
  });
  const program = `${example}\nimport sys\nprint(json.dumps(figures_in(sys.stdin.buffer.read())))\n`;
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', program], { input: message, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([
    [0, { cpu: 0, größe: 0.01 }],
    [7, { cpu: 100 }],
    [19_999, { größe: 0.03 }],
  ]);
});
