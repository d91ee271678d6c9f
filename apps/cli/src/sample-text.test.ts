import { describe, expect, test } from 'vitest';
import { sampleText } from './sample-text.ts';
import { styleFor } from './terminal.ts';

const PLAIN = styleFor({ write: () => true });
const COLOURED = styleFor({ isTTY: true, write: () => true });
const TIME = '2026-02-03T04:05:06.789Z';

const textOf = (body: unknown, columns = 80, style = PLAIN) =>
  sampleText({ topic: 'measure', source: 'db-01', time: TIME, body }, style, columns);

const BODY = {
  cpu_percentage: 12.5,
  cpu: { cores: 2, core_percentages: [20.25, null], user_percentage: 10 },
  file_systems_percentage: 61,
  file_systems: {
    read_ms: Date.parse(TIME) - 1_000,
    mounts: {
      '/var': {
        used_percentage: 61,
        total_bytes: 999_600_000,
        used_bytes: 1_234,
        available_bytes: 0,
        read_only: false,
      },
    },
  },
  processes: { top: [{ name: 'nginx', process: '7@8', cpu_cores: 0.5 }] },
  water: { level_percentage: 3, kind: 'rain' },
};

describe('a sample for a person', () => {
  test('has a block for each resource, with titles and units from the probes', () => {
    expect(textOf(BODY).split('\n')).toEqual([
      'db-01  2026-02-03T04:05:06.789Z',
      '',
      'CPU                                                           12.5 %',
      '  Cores online                                                   2',
      '  In use, by core number                              20.25 %, –',
      '  Programs                                                      10 %',
      '',
      'File systems (read 1.0 s before)                                61 %',
      '  /var',
      '    In use 61 %; Total 1.00 GB; In use 1.23 kB; Available to everyone 0 B;',
      '    Read-only no',
      '',
      'Processes',
      '  nginx',
      '    Its number, and when it started 7@8; CPU 0.5 cores',
      '',
      'Water',
      '  Level percentage                                               3',
      '  Kind                                                rain',
      '',
    ]);
  });

  test.each([50, 60, 80, 300])('fits a terminal of %d columns', (columns) => {
    const widths = textOf(BODY, columns)
      .split('\n')
      .map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
  });

  test('says the same in colours', () => {
    const coloured = textOf(BODY, 80, COLOURED);
    expect(coloured).toContain('\u001b[');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours.
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(textOf(BODY));
  });

  test('lets no name from the machine move the cursor', () => {
    const body = { cpu_percentage: 1, network: { interfaces: { 'a\u001b[2Jb\nc': { up: true } } } };
    expect(textOf(body)).toContain('  a [2Jb c\n    Up yes\n');
  });

  test('says what there is of a body that is none', () => {
    expect(textOf('nothing')).toBe(`db-01  ${TIME}\n`);
  });
});
