import { expect, test } from 'vitest';
import { eachLeaf } from '../../../wire/leaves.ts';
import { CHARTS_MAX, CURVES_MAX, type Group, planOf } from './plan.ts';
import { Table } from './table.ts';

const T = 1_795_000_000_000;

/** The plan for a machine that said this. */
function planFor(...bodies: object[]) {
  const table = new Table();
  const words = new Map<string, unknown>();
  for (const [i, body] of bodies.entries()) {
    eachLeaf(
      body,
      (path, value) => table.add(T + i * 1000, [[path, value]]),
      (path, value) => words.set(path, value),
    );
  }
  return planOf(table.columns, words);
}

const group = ({ groups }: { groups: readonly Group[] }, resource: string) =>
  groups.find((one) => one.resource === resource);
const titles = (of: Group | undefined) =>
  of?.charts.map(({ title, curves }) => [title, curves.map((curve) => curve.title)]);

test('a resource has its headline, and figures of one unit are curves of one chart', () => {
  const plan = planFor({
    disks_percentage: 3,
    disks: {
      devices: {
        sda: { busy_percentage: 3, read_bytes_per_second: 1, written_bytes_per_second: 2, write_latency_ms: 0.4 },
      },
    },
  });
  expect(group(plan, 'disks')?.headline).toBe('disks_percentage');
  expect(titles(group(plan, 'disks'))).toEqual([
    ['sda: Busy', ['Busy']],
    ['sda: Read and written', ['Read', 'Written']],
    ['sda: Write latency', ['Write latency']],
  ]);
});

test('a probe that nobody has told the page about has charts of its own', () => {
  const plan = planFor({ gpu_percentage: 40, gpu: { temperature_celsius: 41, fans: { left_rpm: 900 } } });
  expect(group(plan, 'gpu')).toMatchObject({ title: 'GPU', headline: 'gpu_percentage' });
  expect(group(plan, 'gpu')?.charts.map(({ title, unit }) => [title, unit])).toEqual([
    ['Temperature', 'celsius'],
    ['fans: Left', 'rpm'],
  ]);
});

test('the resources everyone knows come first, what belongs to none last', () => {
  const plan = planFor({ zoo: { x_bytes: 1 }, sequence: 4, memory_percentage: 3, cpu_percentage: 1 });
  expect(plan.groups.map(({ title }) => title)).toEqual(['CPU', 'Memory', 'Zoo', 'Other']);
});

test('a list of percentages is a heat map, whatever the machine has of it', () => {
  const plan = planFor({ cpu: { core_percentages: Array.from({ length: 96 }, (_, i) => i + 1) } });
  expect(group(plan, 'cpu')?.charts).toMatchObject([{ kind: 'cores', title: 'Cores', more: 0 }]);
  expect(group(plan, 'cpu')?.charts[0]?.curves).toHaveLength(96);
});

test('of few items each has charts of its own; of many, each figure has one, with the busiest', () => {
  const interfaces = (n: number) =>
    Object.fromEntries(
      Array.from({ length: n }, (_, i) => [`eth${i}`, { received_bytes_per_second: i + 1, sent_bytes_per_second: 1 }]),
    );
  expect(titles(group(planFor({ network: { interfaces: interfaces(2) } }), 'network'))).toEqual([
    ['eth0: Received and sent', ['Received', 'Sent']],
    ['eth1: Received and sent', ['Received', 'Sent']],
  ]);
  const [received, sent] = group(planFor({ network: { interfaces: interfaces(12) } }), 'network')?.charts ?? [];
  expect(received).toMatchObject({ title: 'Received', more: 12 - CURVES_MAX });
  expect(received?.curves.map(({ title }) => title)).toEqual(
    Array.from({ length: CURVES_MAX }, (_, i) => `eth${11 - i}`),
  );
  expect(sent?.title).toBe('Sent');
});

test('more curves than can be told apart are cut by how their names begin', () => {
  const rates = ['tcp_sent', 'tcp_received', 'tcp_opened', 'udp_sent', 'udp_received', 'a', 'b', 'c', 'd'];
  const plan = planFor({ sockets: Object.fromEntries(rates.map((name) => [`${name}_per_second`, 1])) });
  expect(titles(group(plan, 'sockets'))).toEqual([
    ['Rates', ['A', 'B', 'C', 'D']],
    ['TCP', ['Sent', 'Received', 'Opened']],
    ['UDP: Sent and received', ['Sent', 'Received']],
  ]);
});

test('what does not change is told in words, and a number of things becomes a chart when it does', () => {
  const at_first = { memory: { total_bytes: 16e9, used_bytes: 4e9 }, load: { tasks: 200, load_1: 1.5 } };
  const plan = planFor({ ...at_first, disks: { read_ms: T } }, at_first);
  expect(group(plan, 'memory')?.facts.map(({ title }) => title)).toEqual(['Total']);
  expect(titles(group(plan, 'memory'))).toEqual([['In use', ['In use']]]);
  expect(group(plan, 'load')?.facts.map(({ title }) => title)).toEqual(['Tasks']);
  expect(titles(group(plan, 'load'))).toEqual([['1 min', ['1 min']]]);
  expect(group(plan, 'disks')?.facts).toMatchObject([{ title: 'Read', unit: 'moment' }]);
  const later = planFor(at_first, { load: { tasks: 201, load_1: 1.5 } });
  expect(titles(group(later, 'load'))).toEqual([
    ['Tasks', ['Tasks']],
    ['1 min', ['1 min']],
  ]);
});

test('texts, and yes and no, are facts of their item', () => {
  const plan = planFor({ file_systems: { fullest: '/', mounts: { '/': { read_only: false, type: 'ext4' } } } });
  expect(group(plan, 'file_systems')?.facts.map(({ title, unit }) => [title, unit])).toEqual([
    ['Fullest', 'words'],
    ['/: Read only', 'words'],
    ['/: Type', 'words'],
  ]);
});

test('many that have texts are a table: their texts first, then their figures', () => {
  const top = ['node', 'sh', 'node', 'postgres'].map((name, i) => {
    return { name, process: `${i}@77`, memory_bytes: 1_000 * i, cpu_percentage: i };
  });
  const processes = group(planFor({ processes: { total: 90, top } }), 'processes');
  expect(processes?.tables).toEqual([
    {
      id: 'processes/top',
      title: 'Top',
      columns: [
        { field: 'name', title: 'Name', unit: 'words' },
        { field: 'process', title: 'Process', unit: 'words' },
        { field: 'cpu_percentage', title: 'CPU', unit: 'percentage' },
        { field: 'memory_bytes', title: 'Memory', unit: 'bytes' },
      ],
      items: ['processes/top/node', 'processes/top/sh', 'processes/top/2', 'processes/top/postgres'],
    },
  ]);
  expect(processes?.facts.map(({ title }) => title)).toEqual(['Total']);
  // Two go by the same name, so one goes by its place, which is another's in the next sample.
  expect(processes?.charts).toEqual([]);
});

test('few that have texts are no table', () => {
  const mounts = { '/': { type: 'ext4', used_percentage: 1 }, '/srv': { type: 'xfs', used_percentage: 2 } };
  expect(group(planFor({ file_systems: { mounts } }), 'file_systems')?.tables).toEqual([]);
});

test('what was 0 all the time is quiet, with all that shares its chart', () => {
  const plan = planFor({
    network: { interfaces: { eth0: { receive_errors_per_second: 0, sent_bytes_per_second: 3 } } },
  });
  expect(titles(group(plan, 'network'))).toEqual([['eth0: Sent', ['Sent']]]);
  expect(group(plan, 'network')?.quiet.map(({ title }) => title)).toEqual(['eth0: Receive errors']);
});

test('there are no more charts than a page can hold, and the rest is counted', () => {
  const many = Object.fromEntries(Array.from({ length: CHARTS_MAX + 7 }, (_, i) => [`r${i}`, { x_bytes: 1 }]));
  const { groups, left_out } = planFor(many);
  expect(groups.flatMap(({ charts }) => charts)).toHaveLength(CHARTS_MAX);
  expect(left_out).toBe(7);
});

test('names that mean something to a program mean nothing here', () => {
  const body = JSON.parse('{"__proto__":{"x_bytes":1},"constructor":{"toString_bytes":2},"a/b":{"c~d_bytes":3}}');
  const { groups } = planFor(body);
  expect(groups.map(({ title, charts }) => [title, charts.map(({ title }) => title)])).toEqual([
    ['Proto', ['X']],
    ['Constructor', ['ToString']],
    ['A/b', ['C~d']],
  ]);
});
