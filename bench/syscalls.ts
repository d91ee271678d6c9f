// What our tracker asks of the kernel: its system calls for each sample, by call and by what they are about. Those for
// processes and control groups come once in five seconds and with the number of these, and are told apart.

import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import type { Bench } from './context.ts';
import { type Program, startGanglion } from './processes.ts';
import { alone, type Row } from './report.ts';

/** After the start, not counted: V8 compiles, and the kernel's files are opened. */
const SETTLE_MS = 20_000;
const DURATION_S = 30;

/** What is promised of a sample, processes and control groups apart. */
const CALLS_MAX = 60;

/** One kind of call: how often it was made. */
interface Calls {
  readonly thread: string;
  readonly call: string;
  readonly about: string;
  count: number;
}

interface Trace {
  readonly samples: number;
  readonly calls: readonly Calls[];
}

export async function measureSyscalls({ url, quick, say }: Bench): Promise<Row[]> {
  const part = 'syscalls';
  if (spawnSync('strace', ['--version']).status !== 0) {
    const row = alone({ part, what: 'tracker: system calls a sample', unit: '', ours: Number.NaN });
    return [{ ...row, why: 'strace is not to be had' }];
  }
  const folder = mkdtempSync(`${tmpdir()}/syscalls-`);
  const duration_s = quick ? 5 : DURATION_S;
  const flags = ['--broker', url, '--exchange', 'bench-syscalls', '--interval', '1s'];
  const trackers: Program[] = [];
  try {
    trackers.push(await startGanglion('tracker', ...flags, '--machine', 'all'));
    const without = ['--probe', 'processes=off', '--probe', 'cgroups=off'];
    trackers.push(await startGanglion('tracker', ...flags, '--machine', 'without', ...without));
    const settle_ms = quick ? 2_000 : SETTLE_MS;
    say(`syscalls: two trackers side by side for ${settle_ms / 1_000 + duration_s} s`);
    await new Promise((resolve) => setTimeout(resolve, settle_ms));
    const traces = await Promise.all(trackers.map(({ pid }) => trace(pid, `${folder}/${pid}`, duration_s)));
    const [all, some] = traces;
    if (all === undefined || some === undefined) return [];
    tell('all probes', all);
    tell('without processes and cgroups', some);

    const row = (what: string, ours: number, more: object = {}) =>
      alone({ part, what: `tracker: system calls ${what}`, unit: '', ours, ...more });
    const processes = (each: Calls) => each.about === PROCESSES;
    const groups = (each: Calls) => each.about === GROUPS;
    const readings = sumOf(all, (each) => each.call === 'pread64' && processes(each));
    const groups_read = sumOf(all, (each) => /^p?read/.test(each.call) && groups(each));
    return [
      row('a sample, without processes and cgroups', sumOf(some) / some.samples, {
        goal: { max: CALLS_MAX },
        details: some,
      }),
      row('a sample, all probes', sumOf(all) / all.samples, { details: all }),
      row('a sample, for processes', sumOf(all, processes) / all.samples),
      row('for a process, at each reading of it', sumOf(all, processes) / readings),
      row('a sample, for cgroups', sumOf(all, groups) / all.samples),
      ...(groups_read > 0 ? [row('for a file of a cgroup', sumOf(all, groups) / groups_read)] : []),
    ];
  } finally {
    await Promise.all(trackers.map((tracker) => tracker.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

function sumOf({ calls }: Trace, which: (each: Calls) => boolean = () => true): number {
  return calls.filter(which).reduce((sum, { count }) => sum + count, 0);
}

const PROCESSES = '/proc/<pid>';
const GROUPS = '/sys/fs/cgroup';

/** Watches the calls of all threads of a process. */
async function trace(pid: number, file: string, duration_s: number): Promise<Trace> {
  const strace = spawn('strace', ['-f', '-y', '-s', '8', '-o', file, '-p', String(pid)], { stdio: 'ignore' });
  const ended = new Promise((resolve) => strace.on('close', resolve));
  await new Promise((resolve) => setTimeout(resolve, duration_s * 1_000));
  strace.kill('SIGINT');
  await ended;
  const calls = new Map<string, Calls>();
  for await (const line of createInterface(createReadStream(file))) {
    // A call that another thread's interrupts has a second line, `<... read resumed>`; it is counted at its first.
    const [, thread, call, words] = /^(\d+)\s+(\w+)\((.*)$/.exec(line) ?? [];
    if (thread === undefined || call === undefined || words === undefined) continue;
    const is_main = Number(thread) === pid;
    const about = aboutOf(words, pid);
    const key = `${is_main} ${call} ${about}`;
    const known = calls.get(key);
    if (known === undefined) calls.set(key, { thread: is_main ? 'main' : 'others', call, about, count: 1 });
    else known.count++;
  }
  const sorted = [...calls.values()].sort((a, b) => b.count - a.count);
  const samples = sorted.find(({ call, about }) => call === 'pread64' && about === '/proc/stat')?.count ?? Number.NaN;
  return { samples, calls: sorted };
}

/** What a call is about: a file, as one of its kind. */
function aboutOf(words: string, pid: number): string {
  // An opened file is named in the words; the folder before it is where the process stands.
  const [, path = ''] =
    /^AT_FDCWD(?:<[^>]*>)?, "(\/[^"]*)"/.exec(words) ??
    /^\d+<([^<>]+)>/.exec(words) ??
    /^"(\/[^"]*)"/.exec(words) ??
    [];
  if (path.startsWith(`/proc/${pid}/net/`)) return `/proc/net/${path.slice(path.lastIndexOf('/') + 1)}`;
  if (path.startsWith(`/proc/${pid}/mountinfo`)) return '/proc/self/mountinfo';
  if (/^\/proc(?:\/\.?)?$|^\/proc\/\d+\//.test(path)) return PROCESSES;
  if (path.startsWith(GROUPS)) return GROUPS;
  if (path.startsWith('/')) return path.replace(/\d+/g, 'N');
  return /^(?:anon_inode:\[?)?([a-z]*)/i.exec(path)?.[1] ?? '';
}

function tell(what: string, trace: Trace): void {
  console.log(`\n${what}: ${(sumOf(trace) / trace.samples).toFixed(1)} system calls a sample`);
  for (const { thread, call, about, count } of trace.calls) {
    console.log(`${(count / trace.samples).toFixed(2).padStart(8)}  ${thread.padEnd(6)}  ${call.padEnd(14)}  ${about}`);
  }
}
