// A private RabbitMQ: ordinary child processes with ports, folders, a cookie and an epmd of their own, on the loopback
// interface. It never touches a broker that runs already, needs no rights, and is gone when this process is.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { reasonOf } from '@ganglion/kernel';
import { connect } from 'amqplib';
import { makeCertificates } from './certificates.ts';
import { rabbitmqCtlFailed, rabbitmqNotStarted } from './errors.ts';
import { Guardian } from './guardian.ts';
import { type Ports, takePorts } from './ports.ts';
import { findProgram } from './programs.ts';

/** What `startRabbitmq` can be told. */
export interface RabbitmqOptions {
  /** Plugins to enable. Default: the event exchange and the consistent-hash exchange. */
  readonly plugins?: readonly string[];
  /** Whether to listen with TLS as well, with a certificate for `localhost` and 127.0.0.1. Default: no. */
  readonly tls?: boolean;
  /** More lines for `rabbitmq.conf`. */
  readonly config?: string;
}

/** A broker of one's own. */
export interface PrivateRabbitmq {
  /** `amqp://guest:guest@127.0.0.1:<port>`, the same after each start. */
  readonly url: string;
  readonly port: number;
  /** `amqps://guest:guest@localhost:<port>`; empty without `tls`. */
  readonly url_tls: string;
  /** The authority that signed the TLS certificate: a PEM file. Empty without `tls`. */
  readonly ca_file: string;
  /** Our own certificate and its key, signed by an authority that the broker trusts: PEM files. Empty without `tls`. */
  readonly client_cert_file: string;
  readonly client_key_file: string;
  /** The Erlang node's name. */
  readonly node: string;
  /** What `rabbitmqctl` needs in its environment to reach this node, where a program of ours is to call it. */
  readonly environment: NodeJS.ProcessEnv;
  /** The process number of the Erlang machine, for signals; undefined when it does not run. */
  readonly pid: number | undefined;
  /** SIGKILLs the whole Erlang machine, as a power cut would end it. Resolves when its process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same ports and folders. Resolves when it takes connections. */
  start(): Promise<void>;
  /** Stops it in order and starts it again. */
  restart(): Promise<void>;
  /** Stops it in order and removes its folders. Safe to call twice. */
  stop(): Promise<void>;
  /**
   * Runs `rabbitmqctl` for this node, which takes a second or two; resolves to what it said.
   *
   * @throws CodedError `RABBITMQ_CTL_FAILED`
   */
  ctl(...words: string[]): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

const DEFAULT_PLUGINS = ['rabbitmq_event_exchange', 'rabbitmq_consistent_hash_exchange'];

/** What a start may take: some 5 s of one core, which on a busy machine is long. A test has its own, shorter limit. */
const START_MS = 120_000;

/** What an ordered stop may take before it is killed. */
const STOP_MS = 15_000;

/** What one attempt to connect while it starts may take… */
const CONNECT_MS = 5000;

/** …and the wait before the next. */
const TRY_AGAIN_MS = 50;

/** Lines of its output that an error shows. */
const SHOWN_LINES = 12;

/**
 * Starts a private RabbitMQ. Resolves when it takes connections, with its plugins running.
 *
 * @throws CodedError `RABBITMQ_MISSING`, `RABBITMQ_NOT_STARTED`
 */
export async function startRabbitmq(options: RabbitmqOptions = {}): Promise<PrivateRabbitmq> {
  const broker = await makeBroker();
  try {
    await broker.prepare(options, newCookie());
    await broker.start();
    return broker;
  } catch (error) {
    await broker.stop();
    throw error;
  }
}

/** Brokers that are one: whoever is connected to a node sees the exchanges and queues of all. */
export interface PrivateCluster {
  readonly nodes: readonly PrivateRabbitmq[];
  /** `amqp://guest:guest@127.0.0.1:<port>,127.0.0.1:<port>,…`: every node. */
  readonly url: string;
  /** Stops every node and removes its folders. Safe to call twice. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a private cluster of RabbitMQ. Resolves when every node takes connections and has joined the others. Each is
 * killed and started by itself; one that comes back joins again.
 *
 * @param count of nodes
 * @throws CodedError `RABBITMQ_MISSING`, `RABBITMQ_NOT_STARTED`
 */
export async function startCluster(count: number, options: RabbitmqOptions = {}): Promise<PrivateCluster> {
  const nodes: Broker[] = [];
  const stop = async () => {
    // The first one has the epmd by which the others are known.
    await Promise.all(nodes.slice(1).map((node) => node.stop()));
    await nodes[0]?.stop();
  };
  try {
    while (nodes.length < count) nodes.push(await makeBroker(nodes[0]));
    const members = nodes.map(({ node }, i) => `cluster_formation.classic_config.nodes.${i + 1} = ${node}`);
    const config = [options.config ?? '', 'cluster_formation.peer_discovery_backend = classic_config', ...members].join(
      '\n',
    );
    const cookie = newCookie();
    await Promise.all(nodes.map((node) => node.prepare({ ...options, config }, cookie)));
    await Promise.all(nodes.map((node) => node.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nodes,
    url: `amqp://guest:guest@${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Makes what a broker needs; `first` is the one whose epmd it uses, by default its own. */
async function makeBroker(first?: Broker): Promise<Broker> {
  const server = findProgram('rabbitmq-server');
  const hold = await takePorts(4);
  return new Broker(server, hold, await mkdtemp(`${tmpdir()}/rabbitmq-`), first);
}

/** What the nodes of a cluster, and rabbitmqctl, know each other by. */
function newCookie(): string {
  return randomBytes(20).toString('hex');
}

class Broker implements PrivateRabbitmq {
  readonly url: string;
  readonly port: number;
  readonly node: string;
  readonly environment: NodeJS.ProcessEnv;
  url_tls = '';
  ca_file = '';
  client_cert_file = '';
  client_key_file = '';

  readonly #epmd_port: number;
  readonly #hold: Ports;
  readonly #tls_port: number;
  readonly #folder: string;
  readonly #guardian: Guardian;
  #stopped: Promise<void> | undefined;

  constructor(server: string, hold: Ports, folder: string, first?: Broker) {
    const [port = 0, dist_port = 0, own_epmd_port = 0, tls_port = 0] = hold.ports;
    const epmd_port = first === undefined ? own_epmd_port : first.#epmd_port;
    this.url = `amqp://guest:guest@127.0.0.1:${port}`;
    this.port = port;
    this.node = `test-${port}@localhost`;
    this.#epmd_port = epmd_port;
    this.#hold = hold;
    this.#tls_port = tls_port;
    this.#folder = folder;
    this.environment = environmentOf(folder, this.node, dist_port, epmd_port);
    this.#guardian = new Guardian({
      folder,
      epmd_port: first === undefined ? epmd_port : undefined,
      command: [server, '-noinput'],
      environment: this.environment,
    });
  }

  get pid(): number | undefined {
    return this.#guardian.pid;
  }

  /** Writes what it reads when it starts. */
  async prepare(
    { plugins = DEFAULT_PLUGINS, tls = false, config = '' }: RabbitmqOptions,
    cookie: string,
  ): Promise<void> {
    const folder = this.#folder;
    const lines = [
      `listeners.tcp.1 = 127.0.0.1:${this.port}`,
      // A full disk of the machine is not what is tested.
      'disk_free_limit.absolute = 1MB',
      config,
    ];
    if (tls) {
      const files = await makeCertificates(folder, this.environment);
      this.url_tls = `amqps://guest:guest@localhost:${this.#tls_port}`;
      this.ca_file = files.ca;
      this.client_cert_file = files.client_certificate;
      this.client_key_file = files.client_key;
      lines.push(
        `listeners.ssl.1 = 127.0.0.1:${this.#tls_port}`,
        `ssl_options.cacertfile = ${files.client_ca}`,
        `ssl_options.certfile = ${files.certificate}`,
        `ssl_options.keyfile = ${files.key}`,
      );
    }
    await mkdir(`${folder}/home`);
    await writeFile(`${folder}/home/.erlang.cookie`, cookie, { mode: 0o400 });
    await writeFile(`${folder}/environment.conf`, '');
    await writeFile(`${folder}/rabbitmq.conf`, `${lines.join('\n')}\n`);
    await writeFile(`${folder}/advanced.config`, '[].\n');
    await writeFile(`${folder}/enabled_plugins`, `[${plugins.join(',')}].\n`);
  }

  async start(): Promise<void> {
    if (this.#stopped !== undefined) throw rabbitmqNotStarted('it was stopped, and its folders are gone', '');
    if (this.pid !== undefined) throw rabbitmqNotStarted('it runs already', '');
    await this.#guardian.start();
    let over = false;
    const ended = this.#guardian.ended.then(() => {
      over = true;
    });
    const until_ms = performance.now() + START_MS;
    for (;;) {
      try {
        const connection = await connect(this.url, { timeout: CONNECT_MS });
        await connection.close();
        return;
      } catch (error) {
        if (over) throw rabbitmqNotStarted('it ended again', await this.#said());
        if (performance.now() > until_ms) {
          throw rabbitmqNotStarted(`after ${START_MS} ms still ${reasonOf(error)}`, await this.#said());
        }
      }
      await Promise.race([pause(TRY_AGAIN_MS), ended]);
    }
  }

  async kill(): Promise<void> {
    await this.#guardian.signal('SIGKILL');
    await this.#guardian.ended;
  }

  async restart(): Promise<void> {
    await this.#stopNode();
    await this.start();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async ctl(...words: string[]): Promise<string> {
    try {
      const { stdout } = await promisify(execFile)(findProgram('rabbitmqctl'), ['-q', '-n', this.node, ...words], {
        env: this.environment,
      });
      return stdout;
    } catch (error) {
      throw rabbitmqCtlFailed(words.join(' '), reasonOf(error));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    await this.#stopNode();
    await this.#guardian.close();
    this.#hold.release();
    // The guardian has done so, unless it was killed.
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #stopNode(): Promise<void> {
    await this.#guardian.signal('SIGCONT'); // A test may have frozen it.
    await this.#guardian.signal('SIGTERM');
    const in_time = new AbortController();
    const late = pause(STOP_MS, 'late', { signal: in_time.signal }).catch(() => 'ended');
    if ((await Promise.race([this.#guardian.ended, late])) === 'late') await this.kill();
    in_time.abort();
  }

  /** The first errors it told of, which say why; else what it said last. */
  async #said(): Promise<string> {
    const said = await readFile(`${this.#folder}/console.log`, 'utf8').catch(() => '');
    const lines = said.trim().split('\n');
    const errors = lines.flatMap((line) => line.match(/\[error\] <[^>]*> *(.+)/)?.slice(1) ?? []);
    return (errors.length > 0 ? errors.slice(0, SHOWN_LINES) : lines.slice(-SHOWN_LINES)).join('\n');
  }
}

/** What the broker and rabbitmqctl are told by their environment: nothing of what is set outside, all folders ours. */
function environmentOf(folder: string, node: string, dist_port: number, epmd_port: number): NodeJS.ProcessEnv {
  const outside = Object.entries(process.env).filter(([name]) => !/^(RABBITMQ_|ERL_|NOTIFY_SOCKET$)/.test(name));
  return {
    ...Object.fromEntries(outside),
    // Where rabbitmqctl is that takes all this from its environment.
    PATH: `${dirname(findProgram('rabbitmqctl'))}:${process.env['PATH'] ?? ''}`,
    HOME: `${folder}/home`,
    LC_ALL: 'C.UTF-8', // rabbitmqctl complains without.
    ERL_EPMD_PORT: String(epmd_port),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // Erlang would start an epmd as a daemon, which nobody would end.
    ERL_AFLAGS: '-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}',
    ERL_CRASH_DUMP_SECONDS: '0', // None.
    // Erlang's schedulers would spin while they wait, on the cores that they share with what is tested.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+sbwt none +sbwtdcpu none +sbwtdio none',
    RABBITMQ_ALLOW_INPUT: 'true', // The script becomes the Erlang machine instead of waiting for it.
    RABBITMQ_CONF_ENV_FILE: `${folder}/environment.conf`,
    RABBITMQ_CONFIG_FILE: `${folder}/rabbitmq.conf`,
    RABBITMQ_CONFIG_FILES: `${folder}/conf.d`,
    RABBITMQ_ADVANCED_CONFIG_FILE: `${folder}/advanced.config`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/enabled_plugins`,
    RABBITMQ_MNESIA_BASE: `${folder}/mnesia`,
    RABBITMQ_LOG_BASE: `${folder}/log`,
    RABBITMQ_NODENAME: node,
    RABBITMQ_DIST_PORT: String(dist_port),
    RABBITMQ_CTL_DIST_PORT_MIN: '0',
    RABBITMQ_CTL_DIST_PORT_MAX: '0',
  };
}
