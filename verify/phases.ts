// The phases: what the machine is given to do in each, who looks at it, and which figures are compared.

import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  childrenOf,
  GROUP_CPU_CORES,
  GROUP_MEMORY_BYTES,
  LOAD_S,
  layCable,
  makeGroup,
  readAndWrite,
  send,
  stress,
  touchAndHold,
  workIn,
} from './loads.ts';
import { type Load, startLoad } from './programs.ts';
import type { Compared } from './report.ts';
import { numberAt, valueAt } from './tracker.ts';
import { json, type Looks, rowWith, type Snapshot, WINDOW_S, type Window } from './window.ts';

const CONNECTIONS = fileURLToPath(new URL('./connections.js', import.meta.url));

/** What a phase has to do with. */
export interface Place {
  /** On a disk. */
  readonly folder: string;
  /** What is missing here, by what it is for. */
  readonly absent: Map<string, string>;
}

/** A phase while its loads run. */
interface Begun {
  readonly loads: readonly Load[];
  readonly looks: Looks;
  readonly compare: (window: Window) => Compared[];
}

export interface Phase {
  readonly load: string;
  /** Undefined where this machine cannot have it; `why` then says so. */
  begin(place: Place): Promise<Begun>;
}

const NANO = 1e-9;

// What the tools print after the point.
const PERCENT_STEP = 0.1;
const RATE_STEP = 0.1;
const ONE = 1;

const everySecond = (command: readonly string[]) => [...command, String(WINDOW_S), '1'];
const MPSTAT = everySecond(['mpstat', '-P', 'ALL', '-o', 'JSON']);
const IOSTAT = everySecond(['iostat', '-x', '-y', '-o', 'JSON']);
const VMSTAT = ['vmstat', '-n', String(WINDOW_S), '2'];

/** All that sar knows, as JSON. */
const sar = (folder: string) => [
  'sh',
  '-c',
  `rm -f ${folder}/sar; sar -A -o ${folder}/sar ${WINDOW_S} 1 > ${folder}/sar.txt && sadf -j ${folder}/sar -- -A`,
];

/** @throws Error when a tool wrote something else */
function statistics(text: string): unknown {
  const found = valueAt(json(text), ['sysstat', 'hosts', 0, 'statistics', 0]);
  if (found === undefined && text !== '') throw new Error(`no figures in what a tool wrote: ${text.slice(0, 2_000)}`);
  return found;
}

/** A column of the last line of vmstat. */
function vmstat(window: Window, column: string): number {
  const [, heads = '', , last = ''] = window.tool('vmstat').trim().split('\n');
  const words = (line: string) => line.trim().split(/ +/);
  return Number(words(last)[words(heads).indexOf(column)]);
}

/** The number that a pattern finds in a section of a snapshot. */
const found = (section: string, pattern: RegExp) => (snapshot: Snapshot) =>
  Number(pattern.exec(snapshot.get(section) ?? '')?.[1] ?? Number.NaN);

const numberIn = (pattern: RegExp) => (text: string) => Number(pattern.exec(text)?.[1] ?? Number.NaN);

const PRESSURE = 'for f in cpu memory io; do sed "s/^/$f /" /proc/pressure/$f; done';

function pressure(window: Window, resource: 'cpu' | 'memory' | 'io', share: 'some' | 'full'): Compared {
  const total = numberIn(new RegExp(`^${resource} ${share} .*total=(\\d+)$`, 'm'));
  return {
    figure: `pressure, ${resource}, ${share}`,
    unit: '%',
    tool: '/proc/pressure',
    ours: window.mean('pressure', resource, `${share}_percentage`),
    theirs: window.rate('pressure', total) / 1e4,
    step: PERCENT_STEP,
  };
}

const processor: Phase = {
  load: 'stress-ng: CPU, switches, forks',
  begin: async ({ folder }) => {
    const part = stress('--cpu', '1', '--cpu-load', '45', '--cpu-method', 'int64');
    const loads = [
      part,
      stress('--cpu', '1', '--cpu-load', '30', '--cpu-method', 'int64', '--sched', 'batch'),
      startLoad(['nice', '-n', '10', 'stress-ng', '--quiet', '--timeout', '60', '--cpu', '1', '--cpu-load', '25']),
      stress('--switch', '1', '--switch-freq', '1500'),
      stress('--sysinfo', '1', '--sysinfo-ops', '3000000'),
      startLoad(['sh', '-c', 'i=0; while [ $i -lt 1500 ]; do sleep 0.03; i=$((i+1)); done']),
      stress('--timer', '1', '--timer-freq', '2000'),
    ];
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const [worker = 0] = childrenOf(part.pid);
    return {
      loads,
      looks: {
        tools: { mpstat: MPSTAT, vmstat: VMSTAT, sar: sar(folder) },
        moments: {
          pressure: PRESSURE,
          process: `cat /proc/${worker}/stat; grep VmRSS /proc/${worker}/status`,
          uptime: 'uptime',
          hertz: 'grep MHz /proc/cpuinfo',
        },
      },
      compare: (window) => {
        const loads = valueAt(statistics(window.tool('mpstat')), ['cpu-load']);
        const mode = (figure: string, field: string, column: string): Compared => ({
          figure: `CPU, ${figure}`,
          unit: '%',
          tool: 'mpstat',
          ours: window.mean('cpu', `${field}_percentage`),
          theirs: numberAt(rowWith(loads, 'cpu', 'all'), [column]),
          step: PERCENT_STEP,
        });
        const busy = (cpu: string) => {
          const row = rowWith(loads, 'cpu', cpu);
          return 100 - numberAt(row, ['idle']) - numberAt(row, ['iowait']);
        };
        const cores = Number(numberAt(window.lastBody, ['cpu', 'cores']));
        const seen = statistics(window.tool('sar'));
        const top = processInTop(worker);
        return [
          {
            figure: 'CPU, in use',
            unit: '%',
            tool: 'mpstat',
            ours: window.mean('cpu_percentage'),
            theirs: busy('all'),
            step: PERCENT_STEP,
          },
          mode('user', 'user', 'usr'),
          mode('nice', 'nice', 'nice'),
          mode('system', 'system', 'sys'),
          mode('idle', 'idle', 'idle'),
          mode('waiting for a disk', 'iowait', 'iowait'),
          mode('interrupts', 'irq', 'irq'),
          mode('soft interrupts', 'softirq', 'soft'),
          mode('stolen', 'steal', 'steal'),
          mode('guest', 'guest', 'guest'),
          ...Array.from({ length: Math.min(cores, 8) }, (_, core) => ({
            figure: `CPU, core ${core}`,
            unit: '%',
            tool: 'mpstat',
            ours: window.mean('cpu', 'core_percentages', core),
            theirs: busy(String(core)),
            step: PERCENT_STEP,
          })),
          {
            figure: 'context switches',
            unit: '/s',
            tool: 'sar -w',
            ours: window.mean('cpu', 'context_switches_per_second'),
            theirs: numberAt(seen, ['process-and-context-switch', 'cswch']),
          },
          {
            figure: 'forks',
            unit: '/s',
            tool: 'sar -w',
            ours: window.mean('cpu', 'forks_per_second'),
            theirs: numberAt(seen, ['process-and-context-switch', 'proc']),
            step: RATE_STEP,
          },
          {
            figure: 'interrupts',
            unit: '/s',
            tool: 'vmstat',
            ours: window.mean('cpu', 'interrupts_per_second'),
            theirs: vmstat(window, 'in'),
            step: ONE,
          },
          ...['load_1', 'load_5', 'load_15'].map((field, at) => ({
            figure: `load, ${field.slice(5)} min`,
            unit: '',
            tool: 'uptime',
            ...window.pair(['load', field], (snapshot) => loadIn(snapshot, at)),
            step: 0.01,
          })),
          {
            figure: 'CPU frequency, mean',
            unit: 'MHz',
            tool: '/proc/cpuinfo',
            ...scaled(window.pair(['cpu_frequency', 'mean_hertz'], megahertzIn), 1e-6, 1),
          },
          {
            figure: 'one process: CPU',
            unit: 'cores',
            tool: '/proc/<pid>/stat',
            ...window.between(['processes'], 'process', cpuOf, (body) => numberAt(top(body), ['cpu_cores'])),
            step: 0.005,
          },
          pressure(window, 'cpu', 'some'),
        ];
      },
    };
  },
};

function loadIn(snapshot: Snapshot, at: number): number {
  const [, text = ''] = /load average: (.*)$/m.exec(snapshot.get('uptime') ?? '') ?? [];
  return Number(text.split(', ')[at]);
}

function megahertzIn(snapshot: Snapshot): number {
  const all = [...(snapshot.get('hertz') ?? '').matchAll(/MHz\s*: ([\d.]+)/g)].map(([, hertz]) => Number(hertz));
  return all.reduce((sum, each) => sum + each, 0) / all.length;
}

function scaled({ ours, theirs }: { ours: number; theirs: number }, by_ours: number, by_theirs: number) {
  return { ours: ours * by_ours, theirs: theirs * by_theirs };
}

/** Finds a process among those that use most. */
const processInTop = (pid: number) => (body: unknown) => {
  const top = valueAt(body, ['processes', 'top']);
  return Array.isArray(top)
    ? top.find((row: unknown) => String(valueAt(row, ['process'])).startsWith(`${pid}@`))
    : undefined;
};

/** CPU time that a process has had, in seconds. The kernel tells hundredths. */
const cpuOf = (text: string) => {
  const [, user, system] = /^\d+ \(.*\) \S (?:\S+ ){10}(\d+) (\d+) /m.exec(text) ?? [];
  return (Number(user) + Number(system)) / 100;
};

const memory: Phase = {
  load: 'stress-ng: memory, faults',
  begin: async ({ folder }) => ({
    loads: [
      stress('--vm', '1', '--vm-bytes', '384M', '--vm-hang', '0', '--vm-madvise', 'hugepage'),
      stress('--fault', '1', '--temp-path', folder),
      touchAndHold(folder),
      startLoad([process.execPath, CONNECTIONS, 'hold']),
      startLoad(['sh', '-c', 'kill -STOP $$; exec sleep 1']),
      startLoad(['sh', '-c', `sleep 0 & sleep 0 & exec sleep ${LOAD_S}`]),
    ],
    looks: {
      tools: { sar: sar(folder), vmstat: VMSTAT },
      moments: {
        files: 'cat /proc/sys/fs/file-nr',
        free: 'free -b -w',
        meminfo: 'cat /proc/meminfo',
        df: 'df -B1 --output=target,size,used,avail,itotal,iused',
        ps: 'echo $$; ps -e -o stat=,nlwp=,pid=,ppid=',
        tasks: 'cat /proc/loadavg',
        sockstat: 'cat /proc/net/sockstat',
      },
    },
    compare: (window) => {
      const seen = statistics(window.tool('sar'));
      const swaps = numberIn(/^SwapTotal: +(\d+) kB$/m)(window.last('meminfo')) > 0;
      const no_swap = swaps ? undefined : 'no swap is on';
      const free = (figure: string, field: string, column: number): Compared => ({
        figure: `memory, ${figure}`,
        unit: 'MB',
        tool: 'free',
        ...scaled(
          window.pair(['memory', `${field}_bytes`], (snapshot) => columnOf(snapshot.get('free'), /^Mem:/, column)),
          1e-6,
          1e-6,
        ),
      });
      const processes = (figure: string, field: string, theirs: (rows: readonly string[]) => number): Compared => ({
        figure,
        unit: '',
        tool: 'ps',
        ...window.pair(['processes', field], (snapshot) => theirs(psIn(snapshot))),
        step: ONE,
      });
      const inMount = (figure: string, field: string, column: number, unit: string, by = 1): Compared => ({
        figure: `file system /, ${figure}`,
        unit,
        tool: 'df',
        ...scaled(
          window.pair(['file_systems', 'mounts', '/', field], (snapshot) =>
            columnOf(snapshot.get('df'), /^\/ /, column),
          ),
          by,
          by,
        ),
      });
      return [
        free('total', 'total', 1),
        free('in use', 'used', 2),
        free('free', 'free', 3),
        free('shared', 'shared', 4),
        free('buffers', 'buffers', 5),
        free('available', 'available', 7),
        {
          figure: 'memory, cached files',
          unit: 'MB',
          tool: '/proc/meminfo',
          ...scaled(window.pair(['memory', 'cached_bytes'], found('meminfo', /^Cached: +(\d+) kB/m)), 1e-6, 1024e-6),
        },
        {
          figure: 'memory, huge pages that the kernel made',
          unit: 'MB',
          tool: '/proc/meminfo',
          ...scaled(
            window.pair(['memory', 'transparent_huge_pages_bytes'], found('meminfo', /^AnonHugePages: +(\d+) kB/m)),
            1e-6,
            1024e-6,
          ),
          step: 2.1,
        },
        {
          figure: 'page faults',
          unit: '/s',
          tool: 'sar -B',
          ours: window.mean('paging', 'faults_per_second'),
          theirs: numberAt(seen, ['paging', 'fault']),
        },
        {
          figure: 'page faults that waited for a disk',
          unit: '/s',
          tool: 'sar -B',
          ours: window.mean('paging', 'major_faults_per_second'),
          theirs: numberAt(seen, ['paging', 'majflt']),
          step: RATE_STEP,
        },
        {
          figure: 'swap, read',
          unit: 'pages/s',
          tool: 'sar -W',
          ours: window.mean('paging', 'swapped_in_pages_per_second'),
          theirs: numberAt(seen, ['swap-pages', 'pswpin']),
          why: no_swap,
        },
        {
          figure: 'swap, written',
          unit: 'pages/s',
          tool: 'sar -W',
          ours: window.mean('paging', 'swapped_out_pages_per_second'),
          theirs: numberAt(seen, ['swap-pages', 'pswpout']),
          why: no_swap,
        },
        {
          figure: 'swap, in use',
          unit: 'MB',
          tool: 'free',
          ...scaled(
            window.pair(['swap', 'used_bytes'], (snapshot) => columnOf(snapshot.get('free'), /^Swap:/, 2)),
            1e-6,
            1e-6,
          ),
          why: no_swap,
        },
        inMount('size', 'total_bytes', 1, 'GB', 1e-9),
        inMount('in use', 'used_bytes', 2, 'GB', 1e-9),
        inMount('available', 'available_bytes', 3, 'GB', 1e-9),
        inMount('inodes', 'inodes', 4, ''),
        inMount('inodes in use', 'inodes_used', 5, ''),
        {
          figure: 'files open',
          unit: '',
          tool: '/proc/sys/fs/file-nr',
          ...window.pair(['file_descriptors', 'open'], found('files', /^(\d+)\t/m)),
          // It is counted by core, and each keeps as many to itself.
          step: 32 * cpus().length,
        },
        processes('processes', 'total', (rows) => rows.length),
        processes('threads', 'threads', (rows) => rows.reduce((sum, row) => sum + Number(row.split(/ +/)[1]), 0)),
        // Some run at the one moment and sleep at the other.
        { ...processes('processes that sleep', 'sleeping', inState('S')), step: 3 },
        processes('processes of the kernel with nothing to do', 'idle', inState('I')),
        { ...processes('processes that were halted', 'stopped', inState('T')), step: 0 },
        processes('processes that have ended and nobody has asked how', 'zombies', inState('Z')),
        {
          figure: 'pages of memory that TCP has',
          unit: '',
          tool: '/proc/net/sockstat',
          ...window.pair(['sockets', 'tcp_memory_pages'], found('sockstat', /^TCP: .* mem (\d+)$/m)),
          step: ONE,
        },
        {
          figure: 'tasks of the kernel',
          unit: '',
          tool: '/proc/loadavg',
          ...window.pair(['load', 'tasks'], found('tasks', /\d+\/(\d+) /)),
        },
      ];
    },
  }),
};

/** A word of the line that begins so. */
function columnOf(text: string | undefined, beginning: RegExp, column: number): number {
  const line = (text ?? '').split('\n').find((each) => beginning.test(each)) ?? '';
  return Number(line.trim().split(/ +/)[column]);
}

/** The lines of ps, without those of the shell that asked and what it ran. */
function psIn(snapshot: Snapshot): string[] {
  const [, shell = '', ...rows] = (snapshot.get('ps') ?? '').trim().split('\n');
  return rows.filter((row) => !row.trim().split(/ +/).slice(2).includes(shell));
}

const inState = (letter: string) => (rows: readonly string[]) => rows.filter((row) => row.startsWith(letter)).length;

const disk: Phase = {
  load: 'fio: past the cache, into it, and flushed',
  begin: async ({ folder }) => ({
    loads: readAndWrite(folder),
    looks: { tools: { iostat: IOSTAT, mpstat: MPSTAT }, moments: { pressure: PRESSURE, meminfo: 'cat /proc/meminfo' } },
    compare: (window) => {
      const rows = valueAt(statistics(window.tool('iostat')), ['disk']);
      const devices = Object.keys(Object(valueAt(window.lastBody, ['disks', 'devices'])));
      const ops = (name: string) => window.mean('disks', 'devices', name, 'reads_per_second');
      const [name = 'none'] = devices.sort((a, b) => ops(b) - ops(a));
      const theirs = rowWith(rows, 'disk_device', name);
      const row = (figure: string, unit: string, field: string, column: string, step: number, by = 1): Compared => ({
        figure: `disk ${name}, ${figure}`,
        unit,
        tool: 'iostat -x',
        ours: window.mean('disks', 'devices', name, field) * by,
        theirs: numberAt(theirs, [column]),
        step,
      });
      const latency = (figure: string, field: string, per: string, column: string): Compared => ({
        figure: `disk ${name}, ${figure}`,
        unit: 'ms',
        tool: 'iostat -x',
        ours: window.weighted(['disks', 'devices', name, field], ['disks', 'devices', name, per]),
        theirs: numberAt(theirs, [column]),
        step: 0.01,
      });
      const waiting = (figure: string, field: string, label: string): Compared => ({
        figure: `memory, ${figure}`,
        unit: 'MB',
        tool: '/proc/meminfo',
        ...scaled(
          window.pair(['memory', field], found('meminfo', new RegExp(`^${label}: +(\\d+) kB`, 'm'))),
          1e-6,
          1024e-6,
        ),
        step: 0.1,
      });
      return [
        row('reads', '/s', 'reads_per_second', 'r/s', RATE_STEP),
        row('writes', '/s', 'writes_per_second', 'w/s', RATE_STEP),
        row('read', 'kB/s', 'read_bytes_per_second', 'rkB/s', ONE, 1 / 1024),
        row('written', 'kB/s', 'written_bytes_per_second', 'wkB/s', ONE, 1 / 1024),
        row('discards', '/s', 'discards_per_second', 'd/s', RATE_STEP),
        row('flushes', '/s', 'flushes_per_second', 'f/s', RATE_STEP),
        latency('a read takes', 'read_latency_ms', 'reads_per_second', 'r_await'),
        latency('a write takes', 'write_latency_ms', 'writes_per_second', 'w_await'),
        latency('a flush takes', 'flush_latency_ms', 'flushes_per_second', 'f_await'),
        row('requests under way', '', 'queue', 'aqu-sz', 0.01),
        row('busy', '%', 'busy_percentage', 'util', PERCENT_STEP),
        {
          figure: 'CPU, waiting for a disk',
          unit: '%',
          tool: 'mpstat',
          ours: window.mean('cpu', 'iowait_percentage'),
          theirs: numberAt(rowWith(valueAt(statistics(window.tool('mpstat')), ['cpu-load']), 'cpu', 'all'), ['iowait']),
          step: PERCENT_STEP,
        },
        waiting('waiting to be written', 'dirty_bytes', 'Dirty'),
        waiting('being written', 'writeback_bytes', 'Writeback'),
        pressure(window, 'io', 'some'),
        pressure(window, 'io', 'full'),
      ];
    },
  }),
};

const network: Phase = {
  load: 'iperf3 over a slow cable, connections over loopback',
  begin: async ({ folder, absent }) => {
    const cable = layCable();
    if (cable === undefined) absent.set('cable', 'a network of its own may not be made');
    const sending = cable === undefined ? [] : await send(cable);
    return {
      loads: [...sending, startLoad([process.execPath, CONNECTIONS])],
      looks: {
        tools: { sar: sar(folder) },
        moments: {
          sockstat: 'cat /proc/net/sockstat',
          link: 'ip -j -s -s link',
          ss: 'ss -s',
          nstat: 'nstat -asz',
          conntrack: 'cat /proc/sys/net/netfilter/nf_conntrack_count',
        },
      },
      compare: (window) => {
        const seen = valueAt(statistics(window.tool('sar')), ['network']);
        const name = cable?.name ?? 'none';
        const why = absent.get('cable');
        const counted = (direction: 'rx' | 'tx', counter: string) => (text: string) => {
          const links = json(text.slice(text.indexOf('\n') + 1));
          return numberAt(rowWith(links, 'ifname', name), ['stats64', direction, counter]);
        };
        const link = (
          figure: string,
          unit: string,
          field: string,
          direction: 'rx' | 'tx',
          counter: string,
        ): Compared => ({
          figure: `cable, ${figure}`,
          unit,
          tool: 'ip -s link',
          ours: window.mean('network', 'interfaces', name, `${field}_per_second`),
          theirs: window.rate('link', counted(direction, counter)),
          step: RATE_STEP,
          why,
        });
        const device = (figure: string, field: string, column: string): Compared => ({
          figure: `cable, ${figure}`,
          unit: 'kB/s',
          tool: 'sar -n DEV',
          ours: window.mean('network', 'interfaces', name, `${field}_bytes_per_second`) / 1024,
          theirs: numberAt(rowWith(valueAt(seen, ['net-dev']), 'iface', name), [column]),
          why,
        });
        const sockets = (figure: string, field: string, counter: string): Compared => ({
          figure,
          unit: '/s',
          tool: 'nstat',
          ...window.between(
            ['sockets', `${field}_per_second`],
            'nstat',
            numberIn(new RegExp(`^${counter} +(\\d+)`, 'm')),
          ),
          step: RATE_STEP,
        });
        const now = (figure: string, field: string, section: string, pattern: RegExp): Compared => ({
          figure,
          unit: '',
          tool: section === 'ss' ? 'ss -s' : '/proc/net/sockstat',
          ...window.pair(['sockets', field], found(section, pattern)),
          step: ONE,
        });
        return [
          device('received', 'received', 'rxkB'),
          device('sent', 'sent', 'txkB'),
          link('received', 'B/s', 'received_bytes', 'rx', 'bytes'),
          link('sent', 'B/s', 'sent_bytes', 'tx', 'bytes'),
          link('packets received', '/s', 'received_packets', 'rx', 'packets'),
          link('packets sent', '/s', 'sent_packets', 'tx', 'packets'),
          link('dropped on receiving', '/s', 'receive_drops', 'rx', 'dropped'),
          link('dropped on sending', '/s', 'send_drops', 'tx', 'dropped'),
          link('errors on receiving', '/s', 'receive_errors', 'rx', 'errors'),
          sockets('TCP segments received', 'tcp_received_segments', 'TcpInSegs'),
          sockets('TCP segments sent', 'tcp_sent_segments', 'TcpOutSegs'),
          sockets('TCP segments sent again', 'tcp_retransmitted_segments', 'TcpRetransSegs'),
          sockets('TCP connections opened', 'tcp_opened', 'TcpActiveOpens'),
          sockets('TCP connections accepted', 'tcp_accepted', 'TcpPassiveOpens'),
          sockets('TCP connections that failed', 'tcp_failed', 'TcpAttemptFails'),
          sockets('TCP connections broken off', 'tcp_reset', 'TcpEstabResets'),
          sockets('UDP datagrams received', 'udp_received', 'UdpInDatagrams'),
          sockets('UDP datagrams sent', 'udp_sent', 'UdpOutDatagrams'),
          sockets('UDP datagrams for nobody', 'udp_no_port', 'UdpNoPorts'),
          sockets('UDP datagrams lost', 'udp_errors', 'UdpInErrors'),
          sockets('TCP connections refused', 'listen_drops', 'TcpExtListenDrops'),
          now('TCP connections', 'tcp_established', 'ss', /estab (\d+)/),
          now('TCP connections that wait out their end', 'tcp_time_wait', 'ss', /timewait (\d+)/),
          now('sockets in use', 'used', 'sockstat', /sockets: used (\d+)/),
          {
            figure: 'connections tracked',
            unit: '',
            tool: 'nf_conntrack_count',
            ...window.pair(['conntrack', 'connections'], found('conntrack', /^(\d+)$/m)),
          },
        ];
      },
    };
  },
};

const group: Phase = {
  load: 'a control group with limits: stress-ng, fio',
  begin: async ({ folder, absent }) => {
    const made = makeGroup();
    if (made === undefined) absent.set('group', 'control groups may not be made');
    const { folders, unified, name } = made ?? NO_GROUP;
    const file = (tree: keyof typeof folders, old: string, unified_name: string) =>
      `cat ${folders[tree]}/${unified ? unified_name : old}`;
    const cpu_s = (text: string) =>
      unified ? numberIn(/^usage_usec (\d+)$/m)(text) / 1e6 : numberIn(/^(\d+)$/m)(text) * NANO;
    return {
      loads: made === undefined ? [] : await workIn(made, folder),
      looks: {
        tools: { cgtop: ['systemd-cgtop', '-b', '-n', '2', '-d', String(WINDOW_S), '--raw', '-r'] },
        moments:
          made === undefined
            ? { sensors: 'sensors -j', pressure: PRESSURE }
            : {
                pressure: PRESSURE,
                sensors: 'sensors -j',
                usage: file('cpuacct', 'cpuacct.usage', 'cpu.stat'),
                throttled: file('cpu', 'cpu.stat', 'cpu.stat'),
                memory: `${file('memory', 'memory.usage_in_bytes', 'memory.current')}; ${file('memory', 'memory.stat', 'memory.stat')}`,
                oom: file('memory', 'memory.oom_control', 'memory.events'),
                io: file('blkio', 'blkio.throttle.io_service_bytes_recursive', 'io.stat'),
                pids: file('pids', 'pids.current', 'pids.current'),
              },
      },
      compare: (window) => {
        const why = absent.get('group');
        const path = (field: string) => ['cgroups', 'units', name, field];
        const io = (read: boolean) => (text: string) => {
          const pattern = unified
            ? read
              ? /\brbytes=(\d+)/g
              : /\bwbytes=(\d+)/g
            : read
              ? / Read (\d+)/g
              : / Write (\d+)/g;
          const bytes = [...text.matchAll(pattern)].map(([, each]) => Number(each));
          return bytes.length === 0 ? Number.NaN : bytes.reduce((sum, each) => sum + each, 0);
        };
        const ratio = () => {
          const throttled = window.between(path('throttled_percentage'), 'throttled', numberIn(/^nr_throttled (\d+)/m));
          const periods = window.between(path('throttled_percentage'), 'throttled', numberIn(/^nr_periods (\d+)/m));
          return { ours: throttled.ours, theirs: (throttled.theirs / periods.theirs) * 100 };
        };
        const moment = (
          figure: string,
          unit: string,
          field: string,
          theirs: (snapshot: Snapshot) => number,
          by = 1,
        ) => ({
          figure: `group, ${figure}`,
          unit,
          tool: 'its own files',
          ...scaled(window.pair(path(field), theirs), by, by),
          why,
        });
        return [
          {
            figure: 'group, CPU',
            unit: 'cores',
            tool: 'its own files',
            ...window.between(path('cpu_cores'), 'usage', cpu_s),
            why,
          },
          {
            figure: 'group, CPU',
            unit: 'cores',
            tool: 'systemd-cgtop',
            ours: window.between(path('cpu_cores'), 'usage', cpu_s).ours,
            theirs: cgtopOf(window.tool('cgtop'), name),
            why: why ?? (window.tools.get('cgtop') === undefined ? 'systemd is not installed' : undefined),
          },
          moment('CPU that it may use', 'cores', 'cpu_max_cores', () => GROUP_CPU_CORES),
          { figure: 'group, throttled', unit: '%', tool: 'its own files', ...ratio(), step: 0.5, why },
          moment(
            'memory',
            'MB',
            'memory_bytes',
            (snapshot) =>
              found('memory', /^(\d+)$/m)(snapshot) -
              found('memory', unified ? /^inactive_file (\d+)$/m : /^total_inactive_file (\d+)$/m)(snapshot),
            1e-6,
          ),
          moment('memory that it may use', 'MB', 'memory_max_bytes', () => GROUP_MEMORY_BYTES, 1e-6),
          moment('tasks killed for want of memory', '', 'oom_kills', found('oom', /^oom_kill (\d+)$/m)),
          {
            figure: 'group, read from disks',
            unit: 'kB/s',
            tool: 'its own files',
            ...scaled(window.between(path('read_bytes_per_second'), 'io', io(true)), 1e-3, 1e-3),
            why,
          },
          {
            figure: 'group, written to disks',
            unit: 'kB/s',
            tool: 'its own files',
            ...scaled(window.between(path('written_bytes_per_second'), 'io', io(false)), 1e-3, 1e-3),
            why,
          },
          moment('processes and threads', '', 'processes', found('pids', /^(\d+)$/m)),
          pressure(window, 'memory', 'some'),
          pressure(window, 'memory', 'full'),
          {
            figure: 'hottest',
            unit: '°C',
            tool: 'sensors',
            ...window.pair(['sensors', 'hottest_celsius'], hottestIn),
            step: ONE,
            ...(existsSync('/sys/class/hwmon') ? {} : { why: 'no sensors' }),
          },
        ];
      },
    };
  },
};

const NO_GROUP = {
  name: 'none',
  unified: false,
  folders: { cpu: '', cpuacct: '', memory: '', blkio: '', pids: '' },
} as const;

/** Cores, as systemd-cgtop tells them in the last of its tables: percent of one. */
function cgtopOf(text: string, name: string): number {
  const line = text.split('\n').findLast((each) => each.startsWith(`/${name} `)) ?? '';
  return Number(line.trim().split(/ +/)[2]) / 100;
}

/** The highest of all temperatures that sensors tells. */
function hottestIn(snapshot: Snapshot): number {
  const text = snapshot.get('sensors') ?? '';
  return Math.max(...[...text.matchAll(/"temp\d+_input": *([\d.]+)/g)].map(([, celsius]) => Number(celsius)));
}

/** By the name that the command takes. */
export const PHASES: Readonly<Record<string, Phase>> = { processor, memory, disk, network, group };
