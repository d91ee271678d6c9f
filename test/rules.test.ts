// A rule that is wrong: in its settings it ends the start, with the place of the fault; at work it stops no other.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { join as joinExchange } from './support/exchange.ts';
import { ganglion, ROOT } from './support/program.ts';
import { ownPlace, run } from './support/system.ts';

let folder: string;

beforeAll(() => {
  // Inside the repository, so that the packages that a module's file imports are found.
  mkdirSync(join(ROOT, '.build'), { recursive: true });
  folder = mkdtempSync(join(ROOT, '.build/rules-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('a rule whose settings are wrong ends the start with file, line and what was expected:', () => {
  test.each<[string, string, string]>([
    ['[analyzer.band]\nhigh_from = 3', 'analyzer.band (FILE, line 1)', 'did you mean "analyzer.bands"'],
    ['[analyzer.bands]\n\nhigh_from = "80"', 'analyzer.bands.high_from (FILE, line 3)', 'give a number from 0 to 100'],
    ['[analyzer.bands]\nhigh_from = 9', 'analyzer.bands (FILE, line 1)', 'give medium_from the smaller number'],
    [
      '[analyzer.bands]\nlimits = [\n  { medium_from = 1, high_from = 2 },\n  { medium_from = 1, high_form = 2 },\n]',
      'analyzer.bands.limits.1.high_form (FILE, line 4)',
      'did you mean "high_from"',
    ],
    [
      '[[analyzer.bands.limits]]\nmedium_from = 1\nhigh_from = 2\n[[analyzer.bands.limits]]\nmedium_from = 3',
      'analyzer.bands.limits.1.high_from (FILE, line 4)',
      'it is missing; give a number from 0 to 100',
    ],
    [
      '[analyzer.expectations]\nexpect = [\n  { that = "gpus present" },\n  { that = "gpus prezent" },\n]',
      'analyzer.expectations.expect.1.that (FILE, line 4)',
      'give an expectation, as "disks.devices.*.busy_percentage < 90"',
    ],
    [
      '[analyzer.expectations]\nexpect = [{ that = "gpus present", severity = "bad" }]',
      'analyzer.expectations.expect.0.severity (FILE, line 2)',
      'give one of info, warning, critical',
    ],
    ['[analyzer.forecast]\nwarning_within_ms = 60_000', 'analyzer.forecast (FILE, line 1)', 'the greater number'],
    ['[analyzer.presence]\ntime_zone = "Mars"', 'analyzer.presence.time_zone (FILE, line 2)', '"Europe/Berlin"'],
    ['[analyzer.shadow.bands]\nhigh_from = 3', 'analyzer.shadow.bands (FILE, line 1)', 'the smaller number'],
  ])('%s', async (toml, where, wanted) => {
    const config = join(folder, 'wrong.toml');
    writeFileSync(config, `${toml}\n`);
    const program = ganglion('up', '--port', '0', '--config', config);
    expect(await program.ended).toEqual({ code: 2, signal: null });
    expect(program.errors.items).toEqual([expect.stringMatching(/^ganglion: setting .+: .+ \[[A-Z_]+\]$/)]);
    expect(program.errors.items[0]).toContain(where.replace('FILE', `from ${config}`));
    expect(program.errors.items[0]).toContain(wanted);
  });
});

test('a rule that fails at every measure is told, and stops no other', async () => {
  const place = ownPlace();
  const analyzer = join(folder, 'analyzer.ts');
  writeFileSync(
    analyzer,
    `import { bands } from '${ROOT}/modules/analyzer/src/rules/bands.ts';
     import analyzer from '${ROOT}/modules/analyzer/src/index.ts';
     const { judge } = bands;
     const fail = () => { throw new TypeError('it is broken'); };
     Object.assign(bands, { judge: (config) => ({ ...judge(config), sample: fail, pause: fail }) });
     export default analyzer;
    `,
  );
  const config = join(folder, 'rules.toml');
  writeFileSync(config, '[analyzer.expectations]\nexpect = [{ that = "gpus present", for_ms = 0 }]\n');
  const [, running] = await Promise.all([run(place, 'presence'), run(place, analyzer, '--config', config)]);
  const stranger = await joinExchange(place.broker, place.exchange);
  const alerts = await stranger.hear('db-01.alert');
  const says = (second: number, more: object = {}) =>
    stranger.say(
      'db-01.measure',
      { cpu_percentage: 1, ...more },
      { headers: { time: new Date(second * 1_000).toISOString() } },
    );
  const begin_s = Math.floor(Date.now() / 1_000) - 600;
  says(begin_s);
  says(begin_s + 1);
  // Another rule finds what it finds, and sees its end.
  await alerts.first(({ text }) => text.includes('"raised"') && text.includes('gpus does not come'));
  for (let second = 2; second < 310; second++) says(begin_s + second, { gpus: {} });
  await alerts.first(({ text }) => text.includes('"cleared"') && text.includes('gpus does not come'));
  const told = await running.errors.first((line) => line.includes('RULE_FAILED'));
  expect(told).toContain('the rule bands failed on db-01: it is broken');
});
