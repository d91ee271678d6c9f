// What the machine is given to do. Everything is bounded, on loopback or between two ends of a cable of our own, and ends
// with the phase.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { atEnd, type Load, runNow, startLoad } from './programs.ts';

/** No load runs longer, whoever forgets it. */
export const LOAD_S = '60';

/** A load of stress-ng's. */
export function stress(...words: readonly string[]): Load {
  return startLoad(['stress-ng', '--quiet', '--timeout', LOAD_S, ...words]);
}

/** Reads and writes files in a folder. */
export function readAndWrite(folder: string): Load[] {
  const fio = (name: string, ...words: readonly string[]) =>
    startLoad(
      ['fio', `--name=${name}`, `--filename=${folder}/${name}`, '--time_based', `--runtime=${LOAD_S}`, ...words],
      folder,
    );
  return [
    // Past the cache: sixteen at a time, so many a second.
    fio(
      'direct',
      '--rw=randrw',
      '--bs=128k',
      '--size=128M',
      '--direct=1',
      '--ioengine=libaio',
      '--iodepth=16',
      '--rate_iops=400,200',
    ),
    // Into the cache, and asked to be on the disk now and then.
    fio('cached', '--rw=write', '--bs=64k', '--size=128M', '--rate=4m', '--ioengine=psync'),
    fio('synced', '--rw=write', '--bs=4k', '--size=8M', '--fsync=1', '--rate_iops=20', '--ioengine=psync'),
  ];
}

/** A cable of our own: one end is in the machine, the other in a network of its own. */
export interface Cable {
  readonly name: string;
  readonly inside: string;
  readonly address: string;
  readonly namespace: string;
}

/** Undefined where that may not be had. */
export function layCable(): Cable | undefined {
  const id = process.pid;
  const [name, other, namespace] = [`gva${id}`, `gvb${id}`, `ganglion-verify-${id}`];
  if (runNow('ip', 'netns', 'add', namespace) === undefined) return undefined;
  atEnd(() => runNow('ip', 'netns', 'delete', namespace));
  const inside = ['ip', '-n', namespace];
  // Addresses that are kept for measurements.
  const laid = [
    ['ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', other, 'netns', namespace],
    ['ip', 'address', 'add', '198.18.77.1/30', 'dev', name],
    ['ip', 'link', 'set', name, 'up'],
    [...inside, 'address', 'add', '198.18.77.2/30', 'dev', other],
    [...inside, 'link', 'set', other, 'up'],
    [...inside, 'link', 'set', 'lo', 'up'],
    // As fast as this, and no more may wait: what is beyond is lost, and TCP sends it again.
    ['tc', 'qdisc', 'add', 'dev', name, 'root', 'tbf', 'rate', '80mbit', 'burst', '32kb', 'limit', '48kb'],
  ].every((words) => runNow(...words) !== undefined);
  return laid ? { name, inside: other, address: '198.18.77.2', namespace } : undefined;
}

/** Sends over a cable, both ways. */
export async function send({ address, inside, namespace }: Cable): Promise<Load[]> {
  const within = ['ip', 'netns', 'exec', namespace];
  const servers = ['5201', '5202'].map((port) => startLoad([...within, 'iperf3', '-s', '-p', port, '--forceflush']));
  await until(() => servers.every((server) => server.text().includes('listening')), 'iperf3 does not listen');
  const client = (port: string, ...words: readonly string[]) =>
    startLoad(['iperf3', '-c', address, '-p', port, '-t', LOAD_S, ...words]);
  return [
    ...servers,
    client('5201', '-b', '120M'),
    client('5202', '-u', '--bidir', '-b', '4M', '-l', '1200'),
    // Frames of a kind that nobody here knows: the kernel counts them as dropped.
    startLoad([...within, '/usr/bin/python3', '-c', UNKNOWN_FRAMES, inside]),
  ];
}

const UNKNOWN_FRAMES = `
import socket, sys, time
ends = time.time() + ${LOAD_S}
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((sys.argv[1], 0))
while time.time() < ends:
    link.send(b"\\xff" * 6 + b"\\x02" * 6 + b"\\x88\\xb5" + b"x" * 60)
    time.sleep(0.01)
`;

/** Touches pages of a file that are on the disk alone, some hundreds a second, and holds files open. */
export function touchAndHold(folder: string): Load {
  return startLoad(['/usr/bin/python3', '-c', TOUCH_AND_HOLD, `${folder}/touched`], folder);
}

const TOUCH_AND_HOLD = `
import mmap, os, resource, sys, time
ends = time.time() + ${LOAD_S}
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
held = [os.open("/dev/null", os.O_RDONLY) for _ in range(min(4000, most - 100))]
size = 64 * mmap.PAGESIZE
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
os.write(file, b"x" * size)
os.fsync(file)
while time.time() < ends:
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    with mmap.mmap(file, size, prot=mmap.PROT_READ) as pages:
        pages.madvise(mmap.MADV_RANDOM)
        for at in range(0, size, mmap.PAGESIZE):
            pages[at]
    time.sleep(0.1)
`;

const GROUPS = '/sys/fs/cgroup';

const FIO = `fio --ioengine=psync --time_based --runtime=${LOAD_S}`;

/** A control group of our own, that looks like a service. */
export interface Group {
  /** As the tracker calls it. */
  readonly name: string;
  /** By what of it is asked: the folder that tells it. */
  readonly folders: Readonly<Record<'cpu' | 'cpuacct' | 'memory' | 'blkio' | 'pids', string>>;
  readonly unified: boolean;
}

export const GROUP_CPU_CORES = 0.5;
export const GROUP_MEMORY_BYTES = 256 * 2 ** 20;

/** Undefined where that may not be had. */
export function makeGroup(): Group | undefined {
  const name = `ganglion-verify-${process.pid}.service`;
  const unified = existsSync(`${GROUPS}/cgroup.controllers`);
  const folder = (tree: string) => (unified ? `${GROUPS}/${name}` : `${GROUPS}/${tree}/${name}`);
  const folders = {
    cpu: folder('cpu'),
    cpuacct: folder('cpuacct'),
    memory: folder('memory'),
    blkio: folder('blkio'),
    pids: folder('pids'),
  };
  const group = { name, folders, unified };
  try {
    for (const each of new Set(Object.values(folders))) {
      mkdirSync(each);
      atEnd(() => removeGroup(each));
    }
    if (unified) {
      writeFileSync(`${folders.cpu}/cpu.max`, `${GROUP_CPU_CORES * 100_000} 100000`);
      writeFileSync(`${folders.memory}/memory.max`, String(GROUP_MEMORY_BYTES));
    } else {
      writeFileSync(`${folders.cpu}/cpu.cfs_period_us`, '100000');
      writeFileSync(`${folders.cpu}/cpu.cfs_quota_us`, String(GROUP_CPU_CORES * 100_000));
      writeFileSync(`${folders.memory}/memory.limit_in_bytes`, String(GROUP_MEMORY_BYTES));
    }
    return group;
  } catch {
    return undefined;
  }
}

/** Ends all that is in a group, and takes it away: a process that was killed is in it for a moment longer. */
function removeGroup(folder: string): void {
  const still = new Int32Array(new SharedArrayBuffer(4));
  for (const until_ms = Date.now() + REMOVE_MS; ; Atomics.wait(still, 0, 0, 20)) {
    try {
      for (const pid of numbersIn(readFileSync(`${folder}/cgroup.procs`, 'utf8'))) process.kill(pid, 'SIGKILL');
      rmdirSync(folder);
      return;
    } catch (error) {
      if (Date.now() > until_ms) throw error;
    }
  }
}

const REMOVE_MS = 1_000;

/** Works in a group, up to what it may; once it wants more memory than there is, and is killed. */
export async function workIn({ folders }: Group, folder: string): Promise<Load[]> {
  const enter = [...new Set(Object.values(folders))].map((each) => `echo $$ > ${each}/cgroup.procs`).join('; ');
  const inside = (command: string) => startLoad(['sh', '-c', `ulimit -v 2000000; ${enter}; exec ${command}`], folder);
  // It keeps what may be the last line, and there is no end of one.
  const greedy = inside('tail /dev/zero');
  await until(() => greedy.ended, 'nothing was killed', 10_000).catch(() => greedy.stop());
  return [
    inside(`stress-ng --quiet --timeout ${LOAD_S} --cpu 2`),
    inside(`stress-ng --quiet --timeout ${LOAD_S} --vm 1 --vm-bytes 96M --vm-hang 0`),
    inside(
      `${FIO} --name=group --filename=${folder}/group --direct=1 --rw=randrw --bs=16k --size=32M --rate_iops=50,50`,
    ),
    // More than fits into the memory that is left: what was read is given up, and read again.
    inside(`${FIO} --name=again --filename=${folder}/again --rw=randread --bs=64k --size=384M`),
  ];
}

/** The processes that a process has started, and those that they have. */
export function childrenOf(pid: number): number[] {
  try {
    const children = numbersIn(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
    return children.flatMap((child) => [child, ...childrenOf(child)]);
  } catch {
    return []; // It has ended.
  }
}

function numbersIn(text: string): number[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(Number);
}

async function until(holds: () => boolean, otherwise: string, wait_ms = 5_000): Promise<void> {
  const until_ms = Date.now() + wait_ms;
  while (!holds()) {
    if (Date.now() > until_ms) throw new Error(otherwise);
    await pause(50);
  }
}
