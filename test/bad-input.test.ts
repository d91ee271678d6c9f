// What must not be on the exchange and may be all the same: it is counted by reason, logged at most once a second, and
// nothing after it is lost.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Collected } from './support/collected.ts';
import { type Heard, join, type Stranger } from './support/exchange.ts';
import type { Program } from './support/program.ts';
import { listenPlain } from './support/socket.ts';
import { logOf, ownPlace, type Place, run, runWeb } from './support/system.ts';

/** Bodies that each family refuses, and the reason it gives. */
const TEN_MEGABYTES = Buffer.alloc(10 * 1_048_576, ' ');
const NOT_JSON = ['', 'NaN', '{"cpu_percentage": NaN}', '{"cpu_percentage":1', Buffer.from([0xff, 0xfe, 0x00]), 'LOW'];
const WRONG_MEASURES = [
  'null',
  '[]',
  '"12.5"',
  '12.5',
  '{}',
  '{"cpu_percentage":"12.5"}',
  '{"cpu_percentage":-1}',
].concat(
  '{"cpu_percentage":100.001}',
  '{"cpu_percentage":1e999}',
  '{"cpu_percentage":null}',
  '{"cpu_percentage":1,"memory_percentage":-0.5}',
);
const WRONG_ANALYSES = [
  'null',
  '[]',
  '"LOW"',
  '{}',
  '{"cpu_result":"low"}',
  '{"cpu_result":"LOW","disk_result":7}',
].concat('{"cpu_result":"LOW","cpu_percentage":-3}', '{"cpu_result":["LOW"]}');

/** Texts that are no JSON, and JSON without a fitting field, as they may come. */
const NO_JSON = fc.string().filter((text) => !isJson(text));
const NO_BODY = fc.json().filter((text) => !/cpu_(percentage|result)/.test(text));
const SURPRISES = { numRuns: 200, seed: Date.now() };

const GENERATED = { not_json: fc.sample(NO_JSON, SURPRISES), wrong_type: fc.sample(NO_BODY, SURPRISES) };

describe.for([
  { module: 'analyzer', family: 'measure', wrong: WRONG_MEASURES, good: { cpu_percentage: 80 }, start: startAnalyzer },
  { module: 'web', family: 'analysis', wrong: WRONG_ANALYSES, good: { cpu_result: 'HIGH' }, start: startWeb },
])('the $module', ({ module, family, wrong, good, start }) => {
  test('counts what it refuses by reason, says so once a second, and hears all that follows', async () => {
    const place = ownPlace();
    const stranger = await join(place.broker, place.exchange);
    const { program, answers } = await start(place, stranger);
    const pulses = await stranger.hear('#.pulse');

    const refused = {
      too_large: [TEN_MEGABYTES],
      not_json: [...NOT_JSON, ...GENERATED.not_json],
      wrong_type: [...wrong, ...GENERATED.wrong_type],
    };
    for (const bodies of Object.values(refused)) {
      for (const [i, body] of bodies.entries()) {
        stranger.say(`bad-${i}.${family}`, body);
        stranger.say(`good-${i}.${family}`, good);
      }
    }
    // Keys without a source, and what other programs say on the same exchange.
    for (const key of [family, `.${family}`]) stranger.say(key, good);
    for (const key of ['', '.', 'audit', 'db-01.audit']) stranger.say(key, 'nothing of ours');
    stranger.say(`last.${family}`, good);

    // Machines are shared out in parts: each hears what is about it in order, and the parts go on side by side.
    const good_machines = Math.max(...Object.values(refused).map((bodies) => bodies.length));
    const machines = () => new Set(answers.items);
    await expect.poll(() => machines().size, { timeout: 30_000 }).toBe(good_machines + 1);
    expect([...machines()].filter((machine) => machine.startsWith('bad'))).toEqual([]);
    expect(machines()).toContain('last');

    const expected = {
      too_large: refused.too_large.length,
      not_json: refused.not_json.length,
      wrong_type: refused.wrong_type.length,
      no_source: 2,
    };
    const message = `with seed ${SURPRISES.seed}`;
    await expect.poll(() => failuresIn(pulses, module, family), { timeout: 30_000, message }).toEqual(expected);

    const times_ms = new Map<string, number[]>();
    for (const line of logOf(program).filter(({ level }) => level === 'warn')) {
      const reason = String(line['reason']);
      times_ms.set(reason, [...(times_ms.get(reason) ?? []), Date.parse(line.time)]);
    }
    expect([...times_ms.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const times of times_ms.values()) {
      for (const [i, time_ms] of times.slice(1).entries()) {
        expect(time_ms - (times[i] ?? 0)).toBeGreaterThanOrEqual(990);
      }
    }
  });
});

/** A module under test, and the machines it has answered for. */
interface Started {
  readonly program: Program;
  readonly answers: Collected<string>;
}

async function startAnalyzer(place: Place, stranger: Stranger): Promise<Started> {
  const program = await run(place, 'analyzer');
  const analyses = await stranger.hear('#.analysis');
  return { program, answers: analyses.map(({ key }) => key.slice(0, key.lastIndexOf('.'))) };
}

async function startWeb(place: Place): Promise<Started> {
  const program = await runWeb(place);
  const socket = await listenPlain(program.port);
  return { program, answers: socket.map(({ machine }) => machine) };
}

/** All failures that a module's pulses have told of one family so far. */
function failuresIn(pulses: Collected<Heard>, module: string, family: string): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { text } of pulses.items) {
    const body = JSON.parse(text);
    if (body.module !== module) continue;
    for (const [reason, count] of Object.entries<number>(body.failed[family] ?? {})) {
      sum[reason] = (sum[reason] ?? 0) + count;
    }
  }
  return sum;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
