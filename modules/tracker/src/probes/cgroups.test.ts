import { describe, expect, it } from 'vitest';
import type { Folder, Host } from '../host.ts';
import { filesOf, folderFrom, folderOf, within } from './captured.ts';
import { cgroups, FOLLOWED_MAX, LOOK_UP_MS, UNITS_MAX, unitsIn } from './cgroups.ts';

const ID = '4f66ad9a0b2ec3c1d2a5b6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b';

/** A machine whose files can change between readings. */
function machine(first: Folder) {
  const now = { files: first, ms: 0 };
  const files = folderFrom({
    read: (name) => now.files.read(name),
    has: (name) => now.files.has(name),
    list: (name) => now.files.list(name),
    about: (name) => now.files.about(name),
  });
  const host = { sys: within(files, 'sys'), files, proc: { folder: within(files, 'proc') }, now: () => now.ms };
  const reader = cgroups.open(host as unknown as Host);
  const read = (next: Folder = now.files, elapsed_ms = 1_000) => {
    now.files = next;
    now.ms += elapsed_ms;
    const reading = reader.read();
    if (reading instanceof Promise) throw new Error('the groups were promised');
    return reading?.figures;
  };
  return { read };
}

function unitsOn(name: string) {
  const { read } = machine(filesOf(name));
  read();
  return read(filesOf(name, true));
}

/** Services of version 2, each with its CPU time. */
function services(cpu_us: Readonly<Record<string, number>>): Folder {
  const files: Record<string, string> = { 'sys/fs/cgroup/cgroup.controllers': 'cpu' };
  for (const [name, us] of Object.entries(cpu_us)) {
    files[`sys/fs/cgroup/system.slice/${name}.service/cpu.stat`] = `usage_usec ${us}`;
    files[`sys/fs/cgroup/system.slice/${name}.service/pids.current`] = '1';
  }
  return folderOf(files);
}

describe('containers and units', () => {
  it('tell what they use and what they may, those first that use the most CPU', () => {
    const figures = unitsOn('server-128-cores-linux-5.15');
    expect(Object.keys(figures?.units ?? {})).toEqual([
      'docker 4f66ad9a0b2e',
      'nginx.service',
      'init.scope',
      'session-3.scope',
      'user 1000 app-editor.scope',
    ]);
    expect(figures).toMatchObject({ containers: 1, services: 1 });
    expect(figures?.units['docker 4f66ad9a0b2e']).toEqual({
      kind: 'container',
      name: 'shop-db-1',
      image: 'postgres:17',
      cpu_cores: 2,
      cpu_max_cores: 2,
      throttled_percentage: 40,
      memory_bytes: 2_147_483_648,
      memory_max_bytes: 4_294_967_296,
      memory_percentage: 50,
      oom_kills: 2,
      read_bytes_per_second: 4_096_000,
      written_bytes_per_second: 8_192_000,
      processes: 4,
    });
    expect(figures?.units['nginx.service']).toEqual({
      kind: 'service',
      cpu_cores: 0.2,
      memory_bytes: 32 * 2 ** 20,
      oom_kills: 0,
      processes: 129,
    });
  });

  it('are the same where each controller has a tree of its own', () => {
    const figures = unitsOn('kvm-host-4-cores-linux-5.10');
    expect(figures?.units['docker 4f66ad9a0b2e']).toEqual({
      kind: 'container',
      cpu_cores: 0.5,
      cpu_max_cores: 0.5,
      throttled_percentage: 100,
      memory_bytes: 128 * 2 ** 20,
      memory_max_bytes: 256 * 2 ** 20,
      memory_percentage: 50,
      oom_kills: 1,
      read_bytes_per_second: 0,
      written_bytes_per_second: 0,
      processes: 1,
    });
    expect(figures?.units['machine qemu-1-web']).toMatchObject({
      kind: 'machine',
      cpu_cores: 1.5,
      read_bytes_per_second: 1_000,
      written_bytes_per_second: 3_000,
    });
    expect(figures?.units['machine qemu-1-web']).not.toHaveProperty('memory_max_bytes');
    // Nobody counts its CPU.
    expect(figures?.units['libvirtd.service']).toEqual({ kind: 'service', memory_bytes: 19_922_944 });
  });

  it('are told as soon as the kernel has one more, and no longer than it is there', () => {
    const { read } = machine(services({ a: 1 }));
    const counted = (files: Folder, number: number) =>
      folderFrom({ ...files, read: (name) => (name === 'proc/cgroups' ? `cpu 0 ${number} 1` : files.read(name)) });
    expect(Object.keys(read()?.units ?? {})).toEqual(['a.service']);
    expect(Object.keys(read(services({ a: 1, b: 1 }))?.units ?? {})).toEqual(['a.service']);
    expect(Object.keys(read(counted(services({ a: 1, b: 1 }), 3))?.units ?? {})).toEqual(['a.service', 'b.service']);
    expect(Object.keys(read(counted(services({ b: 1 }), 3))?.units ?? {})).toEqual(['b.service']);
  });

  it('are looked for again after a while', () => {
    const { read } = machine(services({ a: 1 }));
    read();
    expect(Object.keys(read(services({ a: 1, b: 1 }), LOOK_UP_MS)?.units ?? {})).toEqual(['a.service', 'b.service']);
  });

  it('are told by CPU when there are many, with what the others are counted', () => {
    const names = Array.from({ length: FOLLOWED_MAX + 5 }, (_, n) => `s${n}`);
    const at = (us: (n: number) => number) => services(Object.fromEntries(names.map((name, n) => [name, us(n)])));
    const { read } = machine(at(() => 0));
    read();
    const figures = read(at((n) => (n === 40 ? 1_000_000 : n === 7 ? 500_000 : 0)));
    const told = Object.entries(figures?.units ?? {});
    expect(told).toHaveLength(UNITS_MAX);
    expect(told.slice(0, 2).map(([name, { cpu_cores }]) => [name, cpu_cores])).toEqual([
      ['s40.service', 1],
      ['s7.service', 0.5],
    ]);
    expect(figures?.left_out).toBe(names.length - UNITS_MAX);
  });

  it('stay the same while nobody uses much more than another', () => {
    const names = Array.from({ length: UNITS_MAX * 2 }, (_, n) => `s${n}`);
    const at = (us: (n: number) => number) => services(Object.fromEntries(names.map((name, n) => [name, us(n)])));
    const { read } = machine(at(() => 0));
    const told = () => Object.keys(read(at((n) => n))?.units ?? {}).toSorted();
    const before = Object.keys(read()?.units ?? {}).toSorted();
    expect(told()).toEqual(before);
  });

  it('have no figures of the time in which they were not told', () => {
    const io = (bytes: number, quiet: boolean) => {
      const others = Object.fromEntries(Array.from({ length: UNITS_MAX }, (_, n) => [`s${n}`, quiet ? bytes : 0]));
      const files = services({ ...others, x: quiet ? 0 : bytes * 100 });
      const read = (name: string) => (name.endsWith('x.service/io.stat') ? `8:0 rbytes=${bytes}` : files.read(name));
      return folderFrom({ ...files, read });
    };
    const { read } = machine(io(0, false));
    read();
    expect(read(io(1_000, false))?.units['x.service']).not.toHaveProperty('read_bytes_per_second');
    expect(read(io(2_000, false))?.units['x.service']).toHaveProperty('read_bytes_per_second', 1_000);
  });

  it('are nothing where there are none', () => {
    expect(machine(services({})).read()).toBeUndefined();
    expect(machine(folderOf({ 'sys/fs/cgroup/memory/tasks': '' })).read()).toBeUndefined();
    expect(machine(folderOf({})).read()).toBeUndefined();
  });
});

it('groups are looked through without what is inside of a container, and not without end', () => {
  const list = (path: string) => {
    if (path === '') return ['docker', 'cpu.stat', 'memory.slice', 'tasks', 'deep'];
    if (path === '/docker') return [ID];
    if (path === '/memory.slice') return ['a.service'];
    if (path.startsWith('/deep')) return ['deep'];
    throw new Error(`${path} was looked into`);
  };
  expect(unitsIn({ list }).units.map(({ path }) => path)).toEqual([`/docker/${ID}`, '/memory.slice/a.service']);
});
