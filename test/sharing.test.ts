// Analyzers that share 200 machines over RabbitMQ: one is killed, one joins, one stops in order. Every measure is judged, each
// machine's in order, and no alert is raised twice. How long each took over is printed, and asserted nowhere.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Collected } from './support/collected.ts';
import { type Heard, join as joinExchange, type Stranger } from './support/exchange.ts';
import type { Program } from './support/program.ts';
import { logOf, ownPlace, run } from './support/system.ts';

const MACHINES = Array.from({ length: 200 }, (_, n) => `m${n}.site${n % 4}.example.com`);

const INTERVAL_MS = 500;

/** Machines that are in trouble from the start. */
const HOT = MACHINES.filter((_, n) => n % 10 === 0);

/** Says a measure of each machine again and again, spread over the interval; its time is its own, so that it can be told. */
class Fleet {
  /** By machine: the times of its measures. */
  readonly said = new Map<string, number[]>();
  readonly #stranger: Stranger;
  readonly #timer: NodeJS.Timeout;
  #turn = 0;

  constructor(stranger: Stranger) {
    this.#stranger = stranger;
    this.#timer = setInterval(() => this.#say(), INTERVAL_MS / 10);
  }

  get count(): number {
    return [...this.said.values()].reduce((sum, { length }) => sum + length, 0);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #say(): void {
    const turn = this.#turn++;
    const now_ms = Date.now();
    for (const [n, machine] of MACHINES.entries()) {
      if (n % 10 !== turn % 10) continue;
      const times = this.said.get(machine) ?? [];
      this.said.set(machine, times);
      times.push(now_ms);
      this.#stranger.say(
        `${machine}.measure`,
        { cpu_percentage: HOT.includes(machine) ? 99 : 10 },
        {
          messageId: `${machine}/${times.length}`,
          persistent: true,
          headers: { time: new Date(now_ms).toISOString() },
        },
      );
    }
  }
}

/** Who judged what, from the analyses that passed. */
class Judged {
  readonly analyses: Collected<Heard>;
  constructor(analyses: Collected<Heard>) {
    this.analyses = analyses;
  }

  /** By machine: the times of the measures that were judged, in the order in which they were. */
  get times(): Map<string, number[]> {
    const times = new Map<string, number[]>();
    for (const { key, time } of this.analyses.items) {
      const machine = key.slice(0, key.lastIndexOf('.'));
      times.set(machine, [...(times.get(machine) ?? []), Date.parse(time ?? '')]);
    }
    return times;
  }

  /** Resolves when a measure said after now is judged of every machine, to how long that took. */
  async allAgain(): Promise<number> {
    const since_ms = Date.now();
    const missing = new Set(MACHINES);
    let at = this.analyses.items.length;
    await this.analyses.until((items) => {
      for (; at < items.length; at++) {
        const { key, time } = items[at] as Heard;
        if (Date.parse(time ?? '') > since_ms) missing.delete(key.slice(0, key.lastIndexOf('.')));
      }
      return missing.size === 0;
    });
    return Date.now() - since_ms;
  }
}

/** An alert is raised when a band was HIGH for a second. */
function settings(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-sharing-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'ganglion.toml'), '[analyzer.bands]\nalert_after_ms = 1000\n');
  return join(folder, 'ganglion.toml');
}

test('analyzers share the machines through a kill, a start and an ordered stop', async () => {
  const place = ownPlace();
  const stranger = await joinExchange(place.broker, place.exchange);
  const judged = new Judged(await stranger.hear('#.analysis'));
  const alerts = await stranger.hear('#.alert');
  const pulses = await stranger.hear('#.pulse');
  const analyzer = () => run(place, 'analyzer', '--config', settings());
  const programs: Program[] = [await analyzer()];
  const fleet = new Fleet(stranger);
  onTestFinished(() => fleet.stop());
  await judged.allAgain();
  programs.push(await analyzer(), await analyzer());

  /** Resolves when each of the analyzers that run judges some of the machines. */
  const shared = async (count: number) => {
    const judging = new Set<string>();
    await pulses.first(({ key, text }) => {
      const { in: heard } = JSON.parse(text);
      if (Number(heard?.measure ?? 0) > 0) judging.add(key);
      return judging.size === count;
    }, pulses.items.length);
  };
  await shared(3);
  await alerts.until((items) => new Set(items.map(({ key }) => key)).size >= HOT.length);

  // What the desk has just said is remembered a moment later: whoever is killed in between says it again, under the same identity.
  await shared(3);
  const [first, second] = programs as [Program, Program];
  const took: Record<string, number> = {};
  // The first one also has the desk.
  await first.stop('SIGKILL');
  took['kill'] = await judged.allAgain();
  programs.push(await analyzer());
  took['start'] = await judged.allAgain();
  await shared(3);
  const stopping = second.stop();
  took['stop'] = await judged.allAgain();
  expect(await stopping).toEqual({ code: 0, signal: null });
  await judged.allAgain();

  fleet.stop();
  await stranger.said();
  const machines = fleet.said;
  await expect
    .poll(() => [...machines].filter(([name, times]) => !judged.times.get(name)?.includes(times.at(-1) ?? 0)), {
      timeout: 30_000,
    })
    .toEqual([]);
  const unjudged = [...machines].flatMap(([name, times]) => {
    const known = new Set(judged.times.get(name));
    return times.filter((time) => !known.has(time)).map((time) => `${name} ${time}`);
  });
  expect(unjudged).toEqual([]);
  let again = 0;
  for (const [name, times] of judged.times) {
    const once = [...new Set(times)];
    again += times.length - once.length;
    // What came again was not settled when its analyzer died; it comes first, and in order.
    expect([name, once]).toEqual([name, once.toSorted((a, b) => a - b)]);
  }
  console.log(
    `${fleet.count} measures of ${MACHINES.length} machines, every ${INTERVAL_MS} ms each: ${again} judged twice; ` +
      `all machines judged again after a kill -9 in ${took['kill']} ms, a start ${took['start']} ms, a stop ${took['stop']} ms`,
  );

  const raised = alerts.items
    .map(({ key, text }) => ({ key, ...JSON.parse(text) }))
    .filter(({ state }) => state === 'raised');
  expect(raised.map(({ key }) => key).sort()).toEqual(HOT.map((name) => `${name}.alert`).sort());
  for (const program of programs.slice(1)) {
    expect(logOf(program).filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
  }
}, 120_000);
