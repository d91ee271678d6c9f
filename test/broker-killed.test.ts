// RabbitMQ is killed in the middle of a run and comes back ten seconds later, to four systems at once: as three
// processes and as one, on an exchange that outlives the broker and on one that does not, as the ancestor's. Then it is
// restarted in order, with a goodbye to everyone.

import { setTimeout as pause } from 'node:timers/promises';
import { type PrivateRabbitmq, startRabbitmq } from '@ganglion/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { join } from './support/exchange.ts';
import type { Program } from './support/program.ts';
import type { Recorded } from './support/recorder.ts';
import { listenPlain } from './support/socket.ts';
import { at, logOf, type Place, run, runWeb, up } from './support/system.ts';

const OUTAGE_MS = 10_000;
const INTERVAL = ['--interval', '200ms'];
/** Presence would have said by then who is dead, of those whose connections were closed. */
const LATER_MS = 5000;

interface System {
  readonly name: string;
  readonly programs: readonly Program[];
  readonly recorder: Program;
  readonly port: number;
}

let broker: PrivateRabbitmq;
beforeAll(async () => {
  broker = await startRabbitmq();
});
afterAll(() => broker.stop());

test('every module goes on by itself, what was measured meanwhile arrives, and nobody is taken for dead', {
  timeout: 240_000,
}, async () => {
  const systems: System[] = [];
  for (const durable of [true, false]) {
    const kind = durable ? 'durable' : 'transient';
    for (const shape of [asProcesses, asOne]) {
      const place = { broker: broker.url, exchange: `${kind}-${shape.name}` };
      await join(place.broker, place.exchange, durable);
      systems.push({ name: place.exchange, ...(await shape(place)) });
    }
  }
  const sockets = await Promise.all(systems.map(({ port }) => listenPlain(port)));
  for (const { recorder } of systems) await recorder.lines.first((line) => read(line).family === 'analysis');

  const killed_ms = Date.now();
  await broker.kill();
  await pause(OUTAGE_MS); // Not a wait for something: the length of the outage is what is tested.
  await broker.start();
  const back_ms = Date.now();

  for (const [i, { recorder }] of systems.entries()) {
    await recorder.lines.first((line) => read(line).family === 'analysis' && read(line).time_ms > back_ms);
    await sockets[i]?.first(({ time = '' }) => Date.parse(time) > back_ms);
  }
  for (const { name, programs, recorder } of systems) {
    // What is on its way in another queue may come a moment later than the newest.
    await expect.poll(() => missing(recorded(recorder)), { timeout: 30_000, message: name }).toEqual([]);
    const measures = recorded(recorder).filter(({ family }) => family === 'measure');
    const meanwhile = measures.filter(({ time_ms }) => time_ms > killed_ms && time_ms < back_ms);
    expect(meanwhile.length, name).toBeGreaterThan(10);
    await expect.poll(() => unanalysed(recorded(recorder), back_ms), { timeout: 30_000, message: name }).toEqual([]);
    for (const program of programs) {
      const said = logOf(program).map(({ level, msg }) => `${level}: ${msg}`);
      // Once that it is away, once that it is back, whatever number of tries it took.
      expect(said.filter((line) => /^warn: .*(broker|RabbitMQ)/i.test(line)).length, said.join('\n')).toBe(1);
    }
  }

  await broker.restart();
  const again_ms = Date.now();
  for (const { name, recorder } of systems) {
    await recorder.lines.first((line) => read(line).family === 'analysis' && read(line).time_ms > again_ms + LATER_MS);
    expect(recorded(recorder).filter(({ family }) => family === 'birth').length, name).toBeGreaterThan(0);
    expect(
      recorded(recorder).filter(({ family }) => family === 'death'),
      name,
    ).toEqual([]);
  }
});

async function asProcesses(place: Place): Promise<Omit<System, 'name'>> {
  const [recorder, analyzer, presence, web] = await Promise.all([
    run(place, './test/support/recorder.ts'),
    run(place, 'analyzer'),
    run(place, 'presence'),
    runWeb(place),
  ]);
  const tracker = await run(place, 'tracker', '--machine', 'm', ...INTERVAL);
  return { programs: [recorder, analyzer, presence, web, tracker], recorder, port: web.port };
}

async function asOne(place: Place): Promise<Omit<System, 'name'>> {
  const recorder = await run(place, './test/support/recorder.ts');
  const all = await up(...at(place), '--machine', 'm', ...INTERVAL);
  return { programs: [recorder, all], recorder, port: all.port };
}

function read(line: string): Recorded {
  return JSON.parse(line);
}

function recorded(recorder: Program): Recorded[] {
  return recorder.lines.items.map(read);
}

/** The messages that were said and not heard: each instance numbers what it says without a gap. */
function missing(heard: readonly Recorded[]): string[] {
  const by_instance = new Map<string, Set<number>>();
  for (const { id } of heard) {
    const slash = id.lastIndexOf('/');
    const numbers = by_instance.get(id.slice(0, slash)) ?? new Set();
    by_instance.set(id.slice(0, slash), numbers.add(Number(id.slice(slash + 1))));
  }
  return [...by_instance].flatMap(([instance, numbers]) => {
    const gaps: string[] = [];
    for (let n = Math.min(...numbers); n <= Math.max(...numbers); n++) {
      if (!numbers.has(n)) gaps.push(`${instance}/${n}`);
    }
    return gaps;
  });
}

/** The times of measures, up to `until_ms`, that have no analysis: an analysis bears the time of its measure. */
function unanalysed(heard: readonly Recorded[], until_ms: number): number[] {
  const analysed = new Set(heard.filter(({ family }) => family === 'analysis').map(({ time_ms }) => time_ms));
  const measured = heard.filter(({ family, time_ms }) => family === 'measure' && time_ms <= until_ms);
  return measured.map(({ time_ms }) => time_ms).filter((time_ms) => !analysed.has(time_ms));
}
