import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Folder, Host } from '../host.ts';
import { filesOf, folderFrom, folderOf, within } from './captured.ts';
import { KNOWN_MAX, Processes, pageBytesOf, parseProcess, processes, READ_MAX, TOP_MAX, TURN_MS } from './processes.ts';

const MACHINE = 'server-128-cores-linux-5.15';

/** What is told at each of some moments, a second apart. */
async function processesAt(...moments: readonly Folder[]) {
  let time_ms = 0;
  let moment = moments[0] ?? folderOf({});
  const folder = folderFrom({
    read: (name) => moment.read(name),
    has: (name) => moment.has(name),
    list: (name) => moment.list(name),
    about: () => undefined,
  });
  const proc: Host['proc'] = { read: () => undefined, text: () => undefined, folder };
  const reader = processes.open({ proc, now: () => time_ms } as Host);
  const told: Awaited<ReturnType<typeof reader.read>>[] = [];
  for (const next of moments) {
    moment = next;
    told.push(await reader.read());
    time_ms += 1_000;
  }
  return told.map((reading) => reading?.figures);
}

interface Written {
  readonly pid: number;
  readonly name?: string;
  readonly state?: string;
  readonly ticks?: number;
  readonly start?: number;
  readonly pages?: number;
}

const stat = ({ pid, name = 'any', state = 'S', ticks = 0, start = 5, pages = 0 }: Written) =>
  `${pid} (${name}) ${state} 1 1 1 0 -1 0 0 0 0 0 ${ticks} 0 0 0 20 0 1 0 ${start} 99 ${pages} 0 0`;

/** A /proc with these, and the first. */
const procWith = (...all: readonly Written[]) =>
  folderOf(Object.fromEntries([{ pid: 1 }, ...all].map((each) => [`${each.pid}/stat`, stat(each)])));

describe('processes', () => {
  it('are counted by what they do; those that use most are told, each with what it is in', async () => {
    const [first, second] = await processesAt(...[false, true].map((later) => within(filesOf(MACHINE, later), 'proc')));
    expect(second).toMatchObject({ total: 7, threads: 10, running: 1, sleeping: 3, waiting: 1, idle: 1, zombies: 1 });
    expect(second?.threads_max).toBe(4_126_211);
    expect(second?.top.map(({ name }) => name)).toEqual(['postgres', 'nginx', 'systemd', 'my (odd) name']);
    expect(second?.top[0]).toEqual({
      name: 'postgres',
      process: '9001@812345',
      cpu_cores: 2,
      memory_bytes: 1_073_741_824,
      unit: 'docker 4f66ad9a0b2e',
    });
    expect(second?.top[3]).toMatchObject({ process: '9100@900000', unit: 'session-3.scope' });
    // How much CPU one has is known only between two readings.
    expect(first?.top[0]).toMatchObject({ name: 'postgres' });
    expect(first?.top[0]).not.toHaveProperty('cpu_cores');
  });

  it('are others where another has got the number', async () => {
    const [, second] = await processesAt(
      procWith({ pid: 7, ticks: 10, start: 100, pages: 1 }),
      procWith({ pid: 7, ticks: 500, start: 200, pages: 1 }),
    );
    expect(second?.top).toEqual([{ name: 'any', process: '7@200' }]);
  });

  it('that ended are forgotten', async () => {
    const [, second] = await processesAt(procWith({ pid: 7 }, { pid: 8 }), procWith({ pid: 8 }));
    expect(second?.total).toBe(2);
  });

  it('are told ten by CPU and ten by memory', async () => {
    const all = (ticks: number) =>
      Array.from({ length: 40 }, (_, n) => ({ pid: n + 2, ticks: n < 20 ? ticks * n : 0, pages: n < 20 ? 0 : n }));
    const [, second] = await processesAt(procWith(...all(0)), procWith(...all(1)));
    const pids = (second?.top ?? []).map(({ process }) => Number.parseInt(process, 10));
    expect(pids.slice(0, TOP_MAX)).toEqual([21, 20, 19, 18, 17, 16, 15, 14, 13, 12]);
    expect(pids.slice(TOP_MAX)).toEqual([41, 40, 39, 38, 37, 36, 35, 34, 33, 32]);
  });

  it('are nothing where not all can be seen', async () => {
    expect(await processesAt(folderOf({ '7/stat': stat({ pid: 7 }) }))).toEqual([undefined]);
  });

  it('are read so many at a time, and told when each was read', async () => {
    let reads = 0;
    const pids = Array.from({ length: READ_MAX * 2 }, (_, n) => ({ pid: n + 2 }));
    const whole = procWith(...pids);
    const counting = {
      ...whole,
      keep: () => ({
        ...whole.keep(),
        read: (name: string) => {
          reads++;
          return whole.read(name);
        },
      }),
    };
    const all = new Processes(counting, () => 0);
    const told = [await all.read(), await all.read(), await all.read(), await all.read()];
    expect(told).toEqual([false, false, true, true]);
    expect(all.known.size).toBe(READ_MAX * 2 + 1);
    // And the first each time, to see whether all can be seen.
    expect(reads).toBe(4 * (READ_MAX + 1));
  });

  it('let others have a turn', async () => {
    let time_ms = 0;
    const whole = procWith(...Array.from({ length: 10 }, (_, n) => ({ pid: n + 2 })));
    let turns = 0;
    const reading = new Processes(whole, () => (time_ms += TURN_MS)).read();
    setImmediate(() => turns++);
    await reading;
    expect(turns).toBe(1);
  });

  it('are bounded, and it is said how many are left out', async () => {
    const names = Array.from({ length: KNOWN_MAX + 5 }, (_, n) => `${n + 1}`);
    const all = new Processes(
      folderFrom({ ...folderOf({}), list: () => names, read: () => stat({ pid: 1 }) }),
      () => 0,
    );
    await all.read();
    expect(all.left_out).toBe(5);
    expect(all.known.size).toBe(READ_MAX);
  });
});

it.each([
  [409_600, 100, 4_096],
  [420_000, 100, 4_096],
  [1_638_400, 100, 16_384],
  [6_553_600, 100, 65_536],
  [0, 100, Number.NaN],
  [Number.NaN, 100, Number.NaN],
  [1_024_000_000, 100, Number.NaN],
])('a page has a size that %d bytes in %d pages tell: %d', (memory_bytes, pages, page_bytes) => {
  expect(pageBytesOf(memory_bytes, pages)).toBe(page_bytes);
});

describe("a process's stat", () => {
  it('has a name of any kind', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (name) => {
        expect(parseProcess(stat({ pid: 7, name, ticks: 9 }))).toMatchObject({ name, ticks: 9, start_ticks: 5 });
      }),
    );
  });

  it('of any text is one with numbers from nought on, or none', () => {
    const parts = fc.array(
      fc.oneof(fc.constantFrom('7', '(a)', 'S', '-1', '18446744073709551615', ') R'), fc.string()),
    );
    fc.assert(
      fc.property(parts, (words) => {
        const { ticks = 0, threads = 0, start_ticks = 0, memory_pages = 0 } = parseProcess(words.join(' ')) ?? {};
        for (const number of [ticks, threads, start_ticks, memory_pages]) expect(number >= 0).toBe(true);
      }),
    );
  });
});
