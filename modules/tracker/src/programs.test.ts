// Real programs: small shell scripts, each in a folder of the test's own.

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type OpenPrograms, openPrograms, PROGRAM_LIMITS, type ProgramLimits } from './programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'ganglion-programs-'));
const opened: OpenPrograms[] = [];
afterEach(() => {
  for (const programs of opened.splice(0)) programs.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Programs that are found in the test's folder alone. */
function open(limits: Partial<ProgramLimits> = {}): OpenPrograms {
  const programs = openPrograms([join(folder, 'none'), folder], { ...PROGRAM_LIMITS, pause_ms_min: 1, ...limits });
  opened.push(programs);
  return programs;
}

let written = 0;

/** Writes a program. */
function script(...lines: readonly string[]): string {
  const name = `script-${++written}`;
  writeFileSync(join(folder, name), ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(join(folder, name), 0o755);
  return name;
}

/** Where a program leaves something for the test. */
function place(): string {
  return join(folder, `place-${++written}`);
}

/** Follows a program until so many lines have come. */
function linesOf(programs: OpenPrograms, name: string, count: number): Promise<string[]> {
  return new Promise((resolve) => {
    const lines: string[] = [];
    const followed = programs.follow(name, [], (line) => {
      lines.push(line);
      if (lines.length < count) return;
      followed.close();
      resolve(lines);
    });
  });
}

/** Whether there is such a process that is not only waiting to be forgotten. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until a process is gone, as the kernel says; there is no event for somebody else's. */
async function gone(pid: number): Promise<void> {
  while (runs(pid)) await new Promise((resolve) => setImmediate(resolve));
}

describe('a program', () => {
  it('is there when one of the folders has a file that may be run', () => {
    const programs = open();
    writeFileSync(join(folder, 'a-text'), '');
    mkdirSync(join(folder, 'a-folder'));
    expect(programs.has(script(':'))).toBe(true);
    for (const name of ['no-such', 'a-text', 'a-folder']) expect(programs.has(name)).toBe(false);
  });

  it('tells what it printed, whatever its exit status', async () => {
    const name = script('echo "$1-$2"', 'echo complaint >&2', 'exit 4');
    expect(await open().run(name, ['one', 'two'])).toBe('one-two\n');
    expect(await open().run(script('exit 0'), [])).toBe('');
  });

  it('sees nothing of our environment but a path, and speaks English', async () => {
    const text = await open().run(script('env | grep -E "^(HOME|USER|LC_ALL)="'), []);
    expect(text).toBe('LC_ALL=C\n');
  });

  it('tells nothing where there is none, or where it cannot be started', async () => {
    expect(await open().run('no-such', [])).toBeUndefined();
    const broken = script();
    writeFileSync(join(folder, broken), '#!/no/such/shell\n');
    expect(await open().run(broken, [])).toBeUndefined();
  });

  it('is killed when it takes too long, and tells nothing', async () => {
    const pid_file = place();
    const name = script(`echo $$ > ${pid_file}`, 'echo begun', 'exec sleep 600');
    expect(await open({ run_ms_max: 500 }).run(name, [])).toBeUndefined();
    await gone(Number(readFileSync(pid_file, 'utf8')));
  });

  it('is left when it ends but its children go on', async () => {
    const name = script('sleep 5 & echo $!', 'exit 0');
    expect(await open({ run_ms_max: 200 }).run(name, [])).toBeUndefined();
  });

  it('is killed when it prints too much, and tells nothing', async () => {
    const programs = open({ output_bytes_max: 1_000 });
    expect(await programs.run(script('yes'), [])).toBeUndefined();
    expect(await programs.run(script('printf %01000d 7'), [])).toHaveLength(1_000);
  });

  it('is not started while as many run as may, and is again when one has ended', async () => {
    const programs = open({ runs_max: 1 });
    const held = place();
    const first = programs.run(script(`mkfifo ${held}`, 'echo first', `cat ${held}`), []);
    expect(await programs.run(script('echo second'), [])).toBeUndefined();
    // Lets the first one go, as soon as it has its pipe.
    await open().run(script(`while [ ! -p ${held} ]; do :; done`, `echo > ${held}`), []);
    expect(await first).toBe('first\n\n');
    expect(await programs.run(script('echo third'), [])).toBe('third\n');
  });

  it('is killed when programs are closed, and none is started afterwards', async () => {
    const programs = open();
    const running = programs.run(script('exec sleep 600'), []);
    programs.close();
    programs.close();
    expect(await running).toBeUndefined();
    expect(await programs.run(script('echo late'), [])).toBeUndefined();
  });
});

describe('a program that is followed', () => {
  it('tells each line as it comes', async () => {
    const name = script('echo one', 'printf "tw"', 'printf "o\\n\\nfour\\n"', 'exec sleep 600');
    expect(await linesOf(open(), name, 4)).toEqual(['one', 'two', '', 'four']);
  });

  it('is started anew when it has ended', async () => {
    expect(await linesOf(open(), script('echo $$'), 3)).toSatisfy((pids: string[]) => new Set(pids).size === 3);
  });

  it('is started anew after a pause that doubles, up to the longest', async () => {
    const times: number[] = [];
    const programs = open({ pause_ms_min: 30, pause_ms_max: 120 });
    const name = script('echo begun');
    await new Promise<void>((resolve) => {
      const followed = programs.follow(name, [], () => {
        times.push(performance.now());
        if (times.length < 6) return;
        followed.close();
        resolve();
      });
    });
    // From line to line: a timer may come late, and a line a little later than another.
    const pauses = times.slice(1).map((time, n) => time - (times[n] ?? 0));
    [30, 60, 120, 120, 120].forEach((pause, n) => {
      expect(pauses[n]).toBeGreaterThan(pause * 0.75);
    });
  });

  it('begins again with the shortest pause when it held out for the longest', async () => {
    const programs = open({ pause_ms_min: 1, pause_ms_max: 40 });
    // Each lasts longer than the longest pause, so that each pause is the shortest.
    const name = script('echo begun', 'sleep 0.05', 'echo ended');
    let ended_ms = 0;
    const pauses: number[] = [];
    await new Promise<void>((resolve) => {
      const followed = programs.follow(name, [], (line) => {
        if (line === 'ended') ended_ms = performance.now();
        else if (ended_ms > 0) pauses.push(performance.now() - ended_ms);
        if (pauses.length < 12) return;
        followed.close();
        resolve();
      });
    });
    // With pauses that grew the later ones would all be above 40 ms; of several one at least is not held up by others.
    expect(Math.min(...pauses.slice(6))).toBeLessThan(40);
  });

  it('is killed when it falls silent, and started anew', async () => {
    const name = script('echo $$', 'exec sleep 600');
    const [first = ''] = await linesOf(open({ silence_ms_max: 50 }), name, 2);
    await gone(Number(first));
  });

  it('is looked for again while there is none', async () => {
    const programs = open();
    const name = script();
    rmSync(join(folder, name));
    const lines = linesOf(programs, name, 1);
    writeFileSync(join(folder, `${name}.new`), '#!/bin/sh\necho here\n', { mode: 0o755 });
    // It comes in one piece, as a package manager does it.
    await open().run(script(`mv ${join(folder, name)}.new ${join(folder, name)}`), []);
    expect(await lines).toEqual(['here']);
  });

  it('has lines of bounded length: a longer one is passed over', async () => {
    const name = script(
      'printf "%050d\\n" 1',
      'printf "%051d\\n" 2',
      'printf "%0200000d\\nshort\\n" 3',
      'exec sleep 600',
    );
    const [first, second] = await linesOf(open({ line_bytes_max: 50 }), name, 2);
    expect([Number(first), second]).toEqual([1, 'short']);
  });

  it('is killed when it is closed, and no line comes any more', async () => {
    const programs = open();
    let lines = 0;
    const pid = await new Promise<number>((resolve) => {
      const followed = programs.follow(script('echo $$', 'exec yes'), [], (line) => {
        lines++;
        followed.close();
        followed.close();
        resolve(Number(line));
      });
    });
    await gone(pid);
    expect(lines).toBe(1);
  });

  it('is killed when programs are closed', async () => {
    const programs = open();
    const pid = await new Promise<number>((resolve) => {
      programs.follow(script('echo $$', 'exec sleep 600'), [], (line) => resolve(Number(line)));
    });
    programs.close();
    await gone(pid);
  });
});
