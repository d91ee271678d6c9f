// What other programs that measure a machine take, beside our tracker: all of them at the same time, each asked or asking
// once a second, each with what it measures by itself. They run from Debian's packages with files, ports and folders of their
// own; what runs on the machine already is left alone.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import os, { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { connect } from 'amqplib';
import type { Bench } from './context.ts';
import { cpuOfAll, memoryOf, startGanglion, withChildren } from './processes.ts';
import { alone, type Row } from './report.ts';

/** After the start, not counted. */
const SETTLE_MS = 30_000;
const DURATION_MS = 60_000;

/** How long a program may take until it tells its first figures. */
const START_MS = 25_000;

/** What a program may take to end when it is asked. */
const STOP_MS = 5_000;

/** A program that measures. */
interface Peer {
  readonly pid: number;
  /** Figures that it has told since it started; of one that is asked, since then. */
  told(): number;
  stop(): Promise<void>;
}

/** What a peer needs. */
interface Ground {
  readonly url: string;
  /** Of its own, and empty. */
  readonly folder: string;
  /** Counts the figures of each message on an exchange, as long as the bench runs. */
  hear(exchange: string, durable: boolean, count?: (content: Buffer) => number): Promise<() => number>;
}

interface Kind {
  readonly name: string;
  readonly what: string;
  /** The program; undefined where it is ours. */
  readonly program?: string;
  start(ground: Ground): Promise<Peer>;
}

const KINDS: readonly Kind[] = [
  {
    name: 'ganglion tracker',
    what: 'all probes, over RabbitMQ',
    start: async ({ url, hear }) => {
      const told = await hear('peers-ganglion', true, countFresh());
      const flags = ['--broker', url, '--exchange', 'peers-ganglion', '--machine', 'peer', '--interval', '1s'];
      const { pid, stop } = await startGanglion('tracker', ...flags);
      return { pid, told, stop };
    },
  },
  {
    name: 'ancestor of 2016',
    what: 'CPU alone, over RabbitMQ',
    program: '/usr/bin/python3',
    start: async ({ url, hear, folder }) => {
      const told = await hear('my_exchange', false);
      const script = fileURLToPath(new URL('../../test/ancestor/resources_tracker.py', import.meta.url));
      return { told, ...run(folder, '/usr/bin/python3', script, url, '1') };
    },
  },
  {
    name: 'collectd',
    what: 'the plugins that measure the same, over RabbitMQ',
    program: '/usr/sbin/collectd',
    start: async ({ url, hear, folder }) => {
      const told = await hear('peers-collectd', true);
      const file = `${folder}/collectd.conf`;
      writeFileSync(file, collectdConfig(url, folder));
      return { told, ...run(folder, '/usr/sbin/collectd', '-f', '-C', file) };
    },
  },
  {
    name: 'prometheus-node-exporter',
    what: 'as it comes, asked each second',
    program: '/usr/bin/prometheus-node-exporter',
    start: async ({ folder }) => {
      const port = await freePort();
      const flags = [`--web.listen-address=127.0.0.1:${port}`, '--log.level=error'];
      const program = run(folder, '/usr/bin/prometheus-node-exporter', ...flags);
      const asking = askEachSecond(port, '/metrics', (text) => text.match(/^[^#\n]/gm)?.length ?? 0);
      return { ...program, told: asking.told, stop: () => asking.stop().then(program.stop) };
    },
  },
  {
    name: 'netdata',
    what: 'as it comes, keeps an hour',
    program: '/usr/sbin/netdata',
    start: async ({ folder }) => {
      const port = await freePort();
      writeFileSync(`${folder}/netdata.conf`, netdataConfig(folder, port));
      // It would tell its makers that it runs.
      writeFileSync(`${folder}/.opt-out-from-anonymous-statistics`, '');
      const program = run(folder, '/usr/sbin/netdata', '-D', '-c', `${folder}/netdata.conf`);
      // It collects by itself; how much is asked now and then.
      const counting = countCharts(port);
      return { ...program, told: counting.told, stop: () => counting.stop().then(program.stop) };
    },
  },
  {
    name: 'glances',
    what: 'as it comes, without a screen, into a file',
    program: '/usr/bin/glances',
    start: async ({ folder }) => {
      const file = `${folder}/glances.json`;
      writeFileSync(`${folder}/glances.conf`, '[global]\ncheck_update=false\n');
      const flags = ['-q', '-t', '1', '-C', `${folder}/glances.conf`, '--disable-check-update'];
      const program = run(folder, '/usr/bin/glances', ...flags, '--export', 'json', '--export-json-file', file);
      const watching = countFile(file);
      return { ...program, told: watching.told, stop: () => watching.stop().then(program.stop) };
    },
  },
];

export async function measurePeers({ url, quick, say }: Bench): Promise<Row[]> {
  const settle_ms = quick ? 8_000 : SETTLE_MS;
  const duration_ms = quick ? 5_000 : DURATION_MS;
  const root = mkdtempSync(`${tmpdir()}/peers-`);
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const hear = async (exchange: string, durable: boolean, count = figuresIn) => {
    let told = 0;
    await channel.assertExchange(exchange, 'topic', { durable });
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, exchange, exchange === 'peers-ganglion' ? '#.measure' : '#');
    const options = { noAck: true };
    await channel.consume(queue, (message) => (told += message === null ? 0 : count(message.content)), options);
    return () => told;
  };
  const peers = new Map<Kind, Peer>();
  const absent = new Map<Kind, string>();
  try {
    for (const kind of KINDS) {
      if (kind.program !== undefined && !existsSync(kind.program)) {
        absent.set(kind, 'not to be had');
        continue;
      }
      const folder = `${root}/${kind.name.replaceAll(' ', '-')}`;
      mkdirSync(folder);
      const peer = await kind.start({ url, folder, hear });
      peers.set(kind, peer);
      if (!(await tells(peer))) absent.set(kind, `told nothing in ${START_MS / 1_000} s`);
    }
    say(`peers: ${peers.size} programs side by side for ${(settle_ms + duration_ms) / 1_000} s`);
    await pause(settle_ms);
    const before = lookAt(peers);
    await pause(duration_ms);
    const after = lookAt(peers);
    return KINDS.flatMap((kind) => rowsOf(kind, before.get(kind), after.get(kind), absent.get(kind)));
  } finally {
    await Promise.all([...peers.values()].map((peer) => peer.stop()));
    await connection.close();
    rmSync(root, { recursive: true, force: true });
  }
}

interface Look {
  readonly clock_ms: number;
  readonly cpu_ms: number;
  readonly told: number;
  readonly resident_bytes: number;
  readonly private_bytes: number;
  readonly processes: number;
}

function lookAt(peers: ReadonlyMap<Kind, Peer>): Map<Kind, Look> {
  return new Map(
    [...peers].map(([kind, { pid, told }]) => {
      const pids = withChildren(pid);
      const memories = pids.flatMap((each) => {
        try {
          return [memoryOf(each)];
        } catch {
          return []; // It has ended.
        }
      });
      const sum = (key: 'resident_bytes' | 'private_bytes') => memories.reduce((all, memory) => all + memory[key], 0);
      const look = {
        clock_ms: performance.now(),
        cpu_ms: cpuOfAll(pids),
        told: told(),
        resident_bytes: sum('resident_bytes'),
        private_bytes: sum('private_bytes'),
        processes: pids.length,
      };
      return [kind, look];
    }),
  );
}

function rowsOf({ name, what }: Kind, before: Look | undefined, after: Look | undefined, why?: string): Row[] {
  const row = (figure: string, unit: string, ours: number, details?: object) =>
    alone({ part: 'peers', what: `${name}: ${figure}`, unit, ours, ...(details && { details }) });
  if (before === undefined || after === undefined || why !== undefined) {
    return [{ ...row(what, '', Number.NaN), why: why ?? 'did not run' }];
  }
  const passed_s = (after.clock_ms - before.clock_ms) / 1_000;
  const cpu_ms = (after.cpu_ms - before.cpu_ms) / passed_s;
  const figures = (after.told - before.told) / passed_s;
  return [
    row('CPU of one core', '%', cpu_ms / 10, { what, before, after }),
    row('memory, resident', 'MB', after.resident_bytes / 1e6),
    row('memory, its own', 'MB', after.private_bytes / 1e6),
    row('figures told', '/s', figures),
    row('CPU for a figure', 'µs', (cpu_ms / figures) * 1_000),
  ];
}

async function tells({ told }: Peer): Promise<boolean> {
  for (const until_ms = Date.now() + START_MS; Date.now() < until_ms; await pause(100)) if (told() > 0) return true;
  return false;
}

/** Starts a program in a group of its own. */
function run(folder: string, command: string, ...words: readonly string[]): Pick<Peer, 'pid' | 'stop'> {
  const child = spawn(command, words, {
    cwd: folder,
    env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder },
    detached: true,
    stdio: 'ignore',
  });
  child.on('error', () => {}); // It tells nothing, and that is told.
  return { pid: child.pid ?? 0, stop: () => stop(child) };
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const { pid } = child;
    if (pid === undefined) return resolve();
    const end = (signal: NodeJS.Signals) => {
      try {
        process.kill(-pid, signal);
      } catch {
        resolve(); // None is left.
      }
    };
    const timer = setTimeout(() => end('SIGKILL'), STOP_MS);
    const ended = () => {
      clearTimeout(timer);
      end('SIGKILL'); // Of what it started.
      resolve();
    };
    if (child.exitCode !== null || child.signalCode !== null) return ended();
    child.on('exit', ended);
    end('SIGTERM');
  });
}

/**
 * Counts the figures of measures. One carries what was read before: that is a figure only when it was read anew, which its
 * `read_ms` tells.
 */
function countFresh(): (content: Buffer) => number {
  const read = new Map<string, unknown>();
  return (content) => {
    const body: unknown = JSON.parse(content.toString());
    let fresh = 0;
    for (const [resource, figures] of Object.entries(Object(body))) {
      const read_ms: unknown = Object(figures).read_ms;
      if (read_ms !== undefined && read_ms === read.get(resource)) continue;
      read.set(resource, read_ms);
      fresh += leavesOf(figures);
    }
    return fresh;
  };
}

/** The values of a message: all that is no name and no object. Of collectd, its `values` alone: the rest says what they are. */
function figuresIn(content: Buffer): number {
  const body: unknown = JSON.parse(content.toString());
  if (!Array.isArray(body)) return leavesOf(body);
  return body.reduce((sum: number, list: unknown) => sum + leavesOf(Object(list).values), 0);
}

function leavesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, each: unknown) => sum + leavesOf(each), 0);
}

/** Something that counts beside a program. */
interface Counting {
  told(): number;
  stop(): Promise<void>;
}

function askEachSecond(port: number, path: string, count: (text: string) => number): Counting {
  let told = 0;
  const agent = new Agent({ keepAlive: true });
  const timer = setInterval(() => {
    void ask(agent, port, path).then((text) => {
      told += count(text);
    });
  }, 1_000);
  return {
    told: () => told,
    stop: async () => {
      clearInterval(timer);
      agent.destroy();
    },
  };
}

/** netdata collects each dimension of its charts once a second: how many there are is looked at before it counts, not while. */
function countCharts(port: number): Counting {
  const started_ms = performance.now();
  let dimensions = 0;
  const agent = new Agent();
  const timer = setInterval(() => {
    if (performance.now() - started_ms > SETTLE_MS) clearInterval(timer);
    else void ask(agent, port, '/api/v1/charts').then((text) => (dimensions = dimensionsIn(text)));
  }, LOOK_MS);
  return {
    told: () => (dimensions * (performance.now() - started_ms)) / 1_000,
    stop: async () => {
      clearInterval(timer);
      agent.destroy();
    },
  };
}

const LOOK_MS = 2_000;

function dimensionsIn(text: string): number {
  if (text === '') return 0;
  const { charts = {} }: { charts?: Record<string, { dimensions?: object; update_every?: number }> } = JSON.parse(text);
  return Object.values(charts).reduce(
    (sum, { dimensions = {}, update_every = 1 }) => sum + Object.keys(dimensions).length / update_every,
    0,
  );
}

/** A file that is written anew each time: its values, each time. */
function countFile(path: string): Counting {
  let told = 0;
  let written_ms = 0;
  const timer = setInterval(() => {
    try {
      const { mtimeMs } = statSync(path);
      if (mtimeMs === written_ms) return;
      told += leavesOf(JSON.parse(readFileSync(path, 'utf8')));
      written_ms = mtimeMs;
    } catch {
      // Not there yet, or half written: the next look sees it.
    }
  }, 200);
  return { told: () => told, stop: async () => clearInterval(timer) };
}

/** Resolves to the answer, and to nothing when there is none. */
function ask(agent: Agent, port: number, path: string): Promise<string> {
  return new Promise((resolve) => {
    get({ agent, host: '127.0.0.1', port, path }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (data: string) => {
        text += data;
      });
      response.on('end', () => resolve(text));
    }).on('error', () => resolve(''));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Those of collectd's plugins that measure what our probes do. */
const PLUGINS = [
  'battery',
  'cgroups',
  'conntrack',
  'contextswitch',
  'cpu',
  'cpufreq',
  'df',
  'disk',
  'entropy',
  'fhcount',
  'hugepages',
  'interface',
  'irq',
  'load',
  'memory',
  'numa',
  'processes',
  'protocols',
  'sensors',
  'swap',
  'tcpconns',
  'thermal',
  'uptime',
  'vmem',
];

function collectdConfig(url: string, folder: string): string {
  const { hostname, port, username, password } = new URL(url);
  return `Hostname "peer"
FQDNLookup false
BaseDir "${folder}"
PIDFile "${folder}/collectd.pid"
TypesDB "/usr/share/collectd/types.db"
Interval 1
${PLUGINS.map((name) => `LoadPlugin ${name}`).join('\n')}
LoadPlugin amqp
<Plugin amqp>
  <Publish "bench">
    Host "${hostname}"
    Port "${port}"
    VHost "/"
    User "${username}"
    Password "${password}"
    Exchange "peers-collectd"
    Format JSON
  </Publish>
</Plugin>
`;
}

function netdataConfig(folder: string, port: number): string {
  return `[global]
  run as user = ${os.userInfo().username}
[directories]
  config = ${folder}
  cache = ${folder}
  lib = ${folder}
  log = ${folder}
  lock = ${folder}
  home = ${folder}
  registry = ${folder}
[web]
  bind to = 127.0.0.1
  default port = ${port}
[statsd]
  enabled = no
[cloud]
  enabled = no
`;
}

function pause(duration_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration_ms));
}
