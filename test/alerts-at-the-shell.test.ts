// Somebody at a shell looks at the alerts, says that they were seen, and silences them; an analyzer that runs elsewhere obeys.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Collected } from './support/collected.ts';
import { join as joinExchange, type Stranger } from './support/exchange.ts';
import { ganglion, type Program } from './support/program.ts';
import { at, ownPlace, type Place, run } from './support/system.ts';

interface Said {
  readonly machine: string;
  readonly id: string;
  readonly acknowledged?: { readonly by: string; readonly why?: string };
  readonly silenced?: { readonly by: string; readonly why?: string };
}

/** An exchange with presence, an analyzer that is quick to raise alerts, and one who says measures. */
async function stage(): Promise<{ place: Place; stranger: Stranger; alerts: Collected<Said> }> {
  const place = ownPlace();
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-shell-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const config = join(folder, 'ganglion.toml');
  writeFileSync(config, '[analyzer.bands]\nalert_after_ms = 1\n');
  await Promise.all([run(place, 'presence'), run(place, 'analyzer', '--config', config)]);
  const stranger = await joinExchange(place.broker, place.exchange);
  const heard = await stranger.hear('#.alert');
  const alerts = heard.map(({ key, text }) => ({ ...JSON.parse(text), machine: key.replace(/\.alert$/, '') }) as Said);
  return { place, stranger, alerts };
}

/** Makes machines HIGH, each with another resource, so that each is a matter of its own. Resolves to their alerts. */
async function raise({ stranger, alerts }: Awaited<ReturnType<typeof stage>>, machines: string[]): Promise<Said[]> {
  const from = alerts.items.length;
  for (const [n, machine] of machines.entries()) {
    for (const second of [0, 1]) {
      const time = new Date(Date.now() + second * 1_000).toISOString();
      const body = { cpu_percentage: 1, [`r${n}_percentage`]: 99 };
      stranger.say(`${machine}.measure`, body, { headers: { time } });
    }
  }
  return Promise.all(machines.map((machine) => alerts.first((each) => each.machine === machine, from)));
}

/** What a command says, when it has ended well. */
async function said(program: Program): Promise<string> {
  expect(await program.ended, program.said()).toEqual({ code: 0, signal: null });
  return program.lines.items.join('\n');
}

describe('at a shell', () => {
  test('one sees what is on, and who looks after it', async () => {
    const scene = await stage();
    const shell = (...words: string[]) => said(ganglion(...words, ...at(scene.place)));
    expect(await shell('alerts')).toBe('All is well: nothing is on.');
    const [first, second] = await raise(scene, ['site1.db-01', 'site2.db-02']);
    const table = await shell('alerts');
    expect(table).toContain(`WARNING   ${first?.id}  site1.db-01  R0 at 99 %, HIGH from 75 % on`);
    expect(table.split('\n')).toHaveLength(2);
    expect(JSON.parse(await shell('alerts', 'site2.#', '--json'))).toMatchObject({
      machine: 'site2.db-02',
      id: second?.id,
    });

    const seen = await shell('acknowledge', first?.id ?? '', '--why', 'on my way', '--by', 'ada');
    expect(seen).toBe('ada has seen it: site1.db-01: R0 at 99 %, HIGH from 75 % on');
    const told = await scene.alerts.first(({ acknowledged }) => acknowledged !== undefined);
    expect(told).toMatchObject({ id: first?.id, acknowledged: { by: 'ada', why: 'on my way' } });
    // What nobody looks after comes first.
    expect((await shell('alerts')).split('\n').at(-1)).toContain('; ada has seen it: on my way');
    expect(await shell('acknowledge', first?.id ?? '', '--undo', '--machine', 'site1.db-01')).toContain(
      'Nobody has seen it',
    );
    expect(await shell('acknowledge', second?.id ?? '')).toMatch(new RegExp(`^\\S+@${hostname()} has seen it`));
  });

  test('one silences some alerts, and ends it', async () => {
    const scene = await stage();
    const shell = (...words: string[]) => said(ganglion(...words, ...at(scene.place)));
    const [inside, outside] = await raise(scene, ['site1.db-01', 'site2.db-02']);
    const words = ['silence', 'site1.#', '--for', '2h', '--why', 'new disks', '--by', 'ada', '--label', 'a=b'];
    expect(await shell(...words)).toContain('Nobody is told of site1.#, a=b until ');
    const done = await shell('silence', 'site1.#', '--for', '2h', '--why', 'new disks', '--by', 'ada');
    const [, id = ''] = /ganglion silence --end (\w+)$/.exec(done) ?? [];
    const silenced = await scene.alerts.first((each) => each.silenced !== undefined);
    expect(silenced).toMatchObject({ id: inside?.id, silenced: { by: 'ada', why: 'new disks' } });
    const listed = await shell('silence', '--list');
    expect(listed).toMatch(new RegExp(`^${id}  now   site1\\.# until .*; ada: new disks$`, 'm'));
    expect(listed.split('\n')).toHaveLength(2);
    const from = scene.alerts.items.length;
    expect(await shell('silence', '--end', id)).toBe(`The silence ${id} is over.`);
    const told = await scene.alerts.first((each) => each.id === inside?.id && each.silenced === undefined, from);
    expect(told.machine).toBe('site1.db-01');
    expect(scene.alerts.items.some((each) => each.id === outside?.id && each.silenced !== undefined)).toBe(false);
  });

  test('one is told what is not there, and who', async () => {
    const scene = await stage();
    const failed = async (...words: string[]) => {
      const program = ganglion(...words);
      const { code } = await program.ended;
      return { code, lines: program.errors.items };
    };
    const place = at(scene.place);
    await raise(scene, ['db-01']);
    const elsewhere = at(ownPlace());
    const unkept = /^ganglion: nobody keeps alerts: none has answered on exchange \S+ within 5 s; .*\[ALERTS_UNKEPT\]$/;
    const cases: readonly (readonly [words: string[], code: number, line: RegExp])[] = [
      [['acknowledge', 'nothing', ...place], 1, /^ganglion: alert "nothing" not acknowledged: .*\[ALERT_UNKNOWN\]$/],
      [['silence', '--end', 'nothing', ...place], 1, /^ganglion: silence "nothing" not ended: .*\[SILENCE_UNKNOWN\]$/],
      [['alerts', ...elsewhere], 1, unkept],
      [['silence', '#', '--for', '1h', ...elsewhere], 1, unkept],
      [['acknowledge', 'x', '--machine', 'db-01', ...elsewhere], 1, unkept],
      [
        ['silence', '#', '--for', '1h'],
        2,
        /^ganglion: nothing silenced: it needs RabbitMQ, .* use its page \[BROKER_MISSING\]$/,
      ],
    ];
    await Promise.all(
      cases.map(async ([words, code, line]) =>
        expect(await failed(...words)).toEqual({ code, lines: [expect.stringMatching(line)] }),
      ),
    );
  });
});
