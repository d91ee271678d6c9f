// A private PostgreSQL: an ordinary child process with a port and a folder of its own, on the loopback interface. It never touches
// a cluster that is there already, and is gone when this process is. It refuses to run as root: then it runs as the user that Debian's
// package has made for it.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { reasonOf } from '@ganglion/kernel';
import { makeCertificates } from './certificates.ts';
import { postgresMissing, postgresNotStarted } from './errors.ts';
import { Guardian } from './guardian.ts';
import { type Ports, takePorts } from './ports.ts';
import { findPostgresProgram } from './programs.ts';

/** What `startPostgres` can be told. */
export interface PostgresOptions {
  /** Whether to take connections with TLS as well, with a certificate that nobody knows. Default: no. */
  readonly tls?: boolean;
}

/** A database server of one's own. */
export interface PrivatePostgres {
  readonly port: number;
  /** The server's superuser, and the password that it asks for. */
  readonly user: string;
  readonly password: string;
  /** The process number of the server's first process, for signals; undefined when it does not run. */
  readonly pid: number | undefined;
  /** Makes a new, empty database. Returns `postgres://<user>:<password>@127.0.0.1:<port>/<name>`. */
  freshDatabase(): Promise<string>;
  /** Copies a schema of a database into a new one, by `pg_dump` and `psql`. Returns as {@link PrivatePostgres.freshDatabase} does. */
  copyOf(database: string, schema: string): Promise<string>;
  /** SIGKILLs it, as a power cut would end it. Resolves when its process is gone; the processes it had follow at once. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. Resolves when it takes connections. */
  start(): Promise<void>;
  /** Stops it in order and removes its folder. Safe to call twice. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const HOST = '127.0.0.1';
const USER = 'ganglion';

/** Whom Debian's package makes for it. */
const SYSTEM_USER = 'postgres';

const START_MS = 60_000;
const STOP_MS = 15_000;

/** What a program of it may take. */
const PROGRAM_MS = 60_000;

const TRY_AGAIN_MS = 50;

/** Lines of its output that an error shows. */
const SHOWN_LINES = 12;

const CONFIG = [
  `listen_addresses = '${HOST}'`,
  "unix_socket_directories = ''",
  // Files in its own folder alone: what is left after a kill goes with it.
  'dynamic_shared_memory_type = mmap',
  'shared_buffers = 16MB',
  'max_connections = 20',
  // What is killed here is the process and not the machine: the system has what was written.
  'fsync = off',
  "log_line_prefix = ''",
];

/**
 * Starts a private PostgreSQL. Resolves when it takes connections.
 *
 * @throws CodedError `POSTGRES_MISSING`, `POSTGRES_NOT_STARTED`
 */
export async function startPostgres({ tls = false }: PostgresOptions = {}): Promise<PrivatePostgres> {
  const account = await accountToRunAs();
  const hold = await takePorts(1);
  const folder = await mkdtemp(`${tmpdir()}/postgres-`);
  const server = new Server(hold, folder, account);
  try {
    await server.prepare(tls);
    await server.start();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

interface Account {
  readonly user_id: number;
  readonly group_id: number;
}

/** Undefined: whoever we are. */
async function accountToRunAs(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const found = lines.find(([name]) => name === SYSTEM_USER);
  if (found === undefined) throw postgresMissing(`user ${SYSTEM_USER}`);
  return { user_id: Number(found[2]), group_id: Number(found[3]) };
}

class Server implements PrivatePostgres {
  readonly port: number;
  readonly user = USER;
  readonly password = randomBytes(12).toString('hex');
  readonly #hold: Ports;
  readonly #folder: string;
  readonly #account: Account | undefined;
  readonly #guardian: Guardian;
  readonly #environment: NodeJS.ProcessEnv;
  #databases = 0;
  #dumps = 0;
  #stopped: Promise<void> | undefined;

  constructor(hold: Ports, folder: string, account: Account | undefined) {
    this.port = hold.ports[0] ?? 0;
    this.#hold = hold;
    this.#folder = folder;
    this.#account = account;
    const outside = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
    this.#environment = { ...Object.fromEntries(outside), LC_ALL: 'C', PGPASSWORD: this.password };
    this.#guardian = new Guardian({
      folder,
      command: this.#asAccount([findPostgresProgram('postgres'), '-D', `${folder}/data`, '-p', String(this.port)]),
      environment: this.#environment,
    });
  }

  get pid(): number | undefined {
    return this.#guardian.pid;
  }

  async prepare(tls: boolean): Promise<void> {
    const { user_id, group_id } = this.#account ?? {};
    const password_file = `${this.#folder}/password`;
    await writeFile(password_file, this.password, { mode: 0o600 });
    if (user_id !== undefined && group_id !== undefined) {
      for (const path of [this.#folder, password_file]) await chown(path, user_id, group_id);
    }
    const initdb = [
      ...[findPostgresProgram('initdb'), '-D', `${this.#folder}/data`, '-U', USER, '--pwfile', password_file],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
    ];
    try {
      await this.#run(this.#asAccount(initdb));
    } catch (error) {
      throw postgresNotStarted('initdb failed', reasonOf(error));
    }
    const lines = [...CONFIG];
    if (tls) {
      const { certificate, key } = await makeCertificates(this.#folder, this.#environment);
      // It wants its key for itself.
      await chmod(key, 0o600);
      if (user_id !== undefined && group_id !== undefined) await chown(key, user_id, group_id);
      lines.push('ssl = on', `ssl_cert_file = '${certificate}'`, `ssl_key_file = '${key}'`);
    }
    await writeFile(`${this.#folder}/data/postgresql.conf`, `${lines.join('\n')}\n`);
  }

  async start(): Promise<void> {
    if (this.#stopped !== undefined) throw postgresNotStarted('it was stopped, and its folder is gone', '');
    if (this.pid !== undefined) throw postgresNotStarted('it runs already', '');
    await this.#guardian.start();
    let over = false;
    const ended = this.#guardian.ended.then(() => {
      over = true;
    });
    const ready = [findPostgresProgram('pg_isready'), '-q', '-h', HOST, '-p', String(this.port)];
    const until_ms = performance.now() + START_MS;
    for (;;) {
      try {
        await this.#run(ready);
        return;
      } catch {
        if (over) throw postgresNotStarted('it ended again', await this.#said());
        if (performance.now() > until_ms) throw postgresNotStarted(`not within ${START_MS} ms`, await this.#said());
      }
      await Promise.race([pause(TRY_AGAIN_MS), ended]);
    }
  }

  async freshDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`;
    await this.#run([
      ...[findPostgresProgram('createdb'), '-h', HOST, '-p', String(this.port), '-U', USER],
      ...['--maintenance-db', 'postgres', name],
    ]);
    return `postgres://${USER}:${this.password}@${HOST}:${this.port}/${name}`;
  }

  async copyOf(database: string, schema: string): Promise<string> {
    const file = `${this.#folder}/dump-${++this.#dumps}.sql`;
    await this.#run([findPostgresProgram('pg_dump'), '--dbname', database, '--schema', schema, '--file', file]);
    const copy = await this.freshDatabase();
    await this.#run([findPostgresProgram('psql'), '-q', '-v', 'ON_ERROR_STOP=1', '--dbname', copy, '--file', file]);
    return copy;
  }

  async kill(): Promise<void> {
    await this.#guardian.signal('SIGKILL');
    await this.#guardian.ended;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    await this.#guardian.signal('SIGCONT'); // A test may have frozen it.
    // Connections that are open are ended.
    await this.#guardian.signal('SIGINT');
    const in_time = new AbortController();
    const late = pause(STOP_MS, 'late', { signal: in_time.signal }).catch(() => 'ended');
    if ((await Promise.race([this.#guardian.ended, late])) === 'late') await this.kill();
    in_time.abort();
    await this.#guardian.close();
    this.#hold.release();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #run([program = '', ...words]: readonly string[]): Promise<void> {
    await promisify(execFile)(program, words, { env: this.#environment, cwd: '/', timeout: PROGRAM_MS });
  }

  /** A command that is run as the account; it becomes it and leaves nothing behind. */
  #asAccount(command: readonly string[]): readonly string[] {
    if (this.#account === undefined) return command;
    const { user_id, group_id } = this.#account;
    return ['setpriv', `--reuid=${user_id}`, `--regid=${group_id}`, '--clear-groups', '--', ...command];
  }

  /** What it said last. */
  async #said(): Promise<string> {
    const said = await readFile(`${this.#folder}/console.log`, 'utf8').catch(() => '');
    return said.trim().split('\n').slice(-SHOWN_LINES).join('\n');
  }
}
