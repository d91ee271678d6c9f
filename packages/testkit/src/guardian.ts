// The guardian: a small shell that is the parent of a server, as a broker and its epmd, and ends them when we are gone, whatever
// ended us. It reads our commands from a pipe; that the pipe is closed is the sign. So nothing is left behind, not even
// after a SIGKILL, and no signal has to be handled here.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Says `running <pid>` and `ended <code>` of the server. Erlang's own helpers (erl_child_setup, inet_gethost) end when
 * their pipes to the broker close; a second epmd is never started, see `-start_epmd` in rabbitmq.ts.
 */
const SCRIPT = `
folder=$1 epmd_port=$2
shift 2
ulimit -S -n 65536 2>/dev/null || ulimit -S -n "$(ulimit -H -n)"

end() {
  trap '' HUP INT TERM
  : >"$folder/over"
  [ -f "$folder/pid" ] && kill -KILL "$(cat "$folder/pid")"
  [ -n "$epmd" ] && kill -KILL "$epmd"
  wait
  rm -rf "$folder"
  exit
}
trap end HUP INT TERM

# Either "end" finds the process number, or what is being started here finds that it is over.
server() {
  sh -c '
    echo $$ >"$0/pid"
    [ -e "$0/over" ] && exit
    echo "running $$"
    exec "$@" >>"$0/console.log" 2>&1
  ' "$folder" "$@"
  code=$?
  rm -f "$folder/pid"
  echo "ended $code"
}

epmd=
if [ -n "$epmd_port" ]; then
  epmd -address 127.0.0.1 -port "$epmd_port" >/dev/null 2>&1 &
  epmd=$!
fi
while read -r command; do
  case $command in start) server "$@" & ;; esac
done
end
`;

/** What a guardian needs to know. */
export interface Guarded {
  /** The folder that ends with it. */
  readonly folder: string;
  /** The port of the epmd to run; undefined for a server that needs none, or uses the one that another guardian runs. */
  readonly epmd_port?: number | undefined;
  /** The server's program and its words. It becomes what it runs, and does not leave it behind. */
  readonly command: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** Starts a server, one at a time, and tells of its end. */
export class Guardian {
  /** Resolves when the server that was started last has ended. */
  ended: Promise<unknown> = Promise.resolve();

  readonly #child: ChildProcess;
  /** Resolves when the guardian has ended, and all with it. */
  readonly #gone: Promise<void>;
  /** Resolves when the server that was started last has a process number, or has ended. */
  #started: Promise<unknown> = Promise.resolve();
  #pid: number | undefined;
  #onRunning: () => void = () => {};
  #onEnded: () => void = () => {};

  constructor({ folder, epmd_port, command, environment }: Guarded) {
    // A group of its own, so that the terminal's Ctrl-C reaches the server only through us.
    this.#child = spawn('sh', ['-c', SCRIPT, 'guardian', folder, String(epmd_port ?? ''), ...command], {
      env: environment,
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#gone = new Promise((resolve) => {
      this.#child.on('error', () => resolve());
      this.#child.on('close', () => resolve());
    });
    this.#child.stdin?.on('error', () => {}); // It is gone, which is told above.
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hears(line));
    }
  }

  /** The process number of the server, as the Erlang machine's; undefined when it does not run. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Starts the server's process; resolves when it is there. It is not ready yet. */
  async start(): Promise<void> {
    const running = new Promise<void>((resolve) => {
      this.#onRunning = resolve;
    });
    const ended = new Promise<void>((resolve) => {
      this.#onEnded = resolve;
    });
    this.ended = Promise.race([ended, this.#gone]);
    this.#started = Promise.race([running, this.ended]);
    this.#child.stdin?.write('start\n');
    await this.#started;
  }

  /** Sends the server a signal, if it runs. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    await this.#started;
    if (this.#pid === undefined) return;
    try {
      process.kill(this.#pid, signal);
    } catch {
      // It ended just now.
    }
  }

  /** Ends all that is left at once and removes the folder. Safe to call twice. */
  async close(): Promise<void> {
    this.#child.stdin?.end();
    await this.#gone;
    this.#pid = undefined;
  }

  #hears(line: string): void {
    const [event, number] = line.split(' ');
    if (event === 'running') {
      this.#pid = Number(number);
      this.#onRunning();
    } else {
      this.#pid = undefined;
      this.#onEnded();
    }
  }
}
