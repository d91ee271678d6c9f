// What a command is: how it is called, what it says about itself, and what it does.

import type { Arguments, Option, Switch } from '../arguments.ts';

/** One command of `ganglion`, in a file of its own. */
export interface Command {
  readonly name: string;
  /** The words after its name, as its help shows them: `<module>`. */
  readonly words: string;
  /** How many words it takes. */
  readonly words_min: number;
  readonly words_max: number;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What a person should know, a line each. */
  readonly about: readonly string[];
  /** The flags it takes besides those that set settings. */
  readonly switches: readonly Switch[];
  readonly options: readonly Option[];
  /** The flags its help shows, by their name in flags.ts. */
  readonly flags: readonly FlagName[];
  readonly examples: readonly (readonly [command: string, says: string])[];
  /** Resolves when it has done its work, or when what it started runs until a signal. */
  run(args: Arguments): Promise<void>;
}

/** The flags that people need most, as a help shows them; every setting is a flag besides. */
export const FLAGS = {
  broker: ['--broker URL', 'RabbitMQ, as amqp://user:password@host'],
  broker_ca: ['--broker-ca FILE', "the authority of the broker's certificate, for amqps://"],
  broker_cert: ['--broker-cert FILE', 'our own certificate for the broker'],
  broker_key: ['--broker-key FILE', 'and its key'],
  exchange: ['--exchange NAME', 'its topic exchange (ganglion)'],
  port: ['--port NUMBER', 'the port of the page (8888)'],
  metrics_port: ['--metrics-port NUMBER', 'where Prometheus finds /metrics, 9464 by custom (nowhere)'],
  host: ['--host ADDRESS', 'the address of the page (127.0.0.1)'],
  interval: ['--interval TIME', 'between two samples: 500ms, 2s (1s)'],
  machine: ['--machine NAME', "this machine's name (the host name)"],
  label: ['--label NAME=TEXT', 'a label of this machine, like site=berlin; as often as you like'],
  machines: ['--machines NUMBER', 'how many machines are simulated (200)'],
  of_machines: ['--machines NUMBER', 'how many machines (1)'],
  figures: ['--figures NUMBER', 'figures of a machine (60)'],
  seed: ['--seed NUMBER', 'another seed, another fleet (2016)'],
  spool: ['--spool FOLDER', 'where measures wait for the broker, or none'],
  history: ['--history FOLDER', 'where the past is kept, or none'],
  history_max_bytes: ['--history-max-bytes NUMBER', 'what it may take; the finest and oldest goes first (no limit)'],
  with: ['--with FILE', 'a module of your own; as often as you like'],
  count: ['--count NUMBER', 'end after so many messages'],
  dead: ['--dead', 'show what was refused, and leave it'],
  states: ['--states', 'show who is here, late or gone, and each change'],
  once: ['--once', 'print one sample of this machine and end; needs no broker'],
  insecure: ['--insecure', 'let everyone in who reaches the page'],
  tls_cert: ['--tls-cert FILE', 'serve the page over TLS with this certificate, PEM'],
  tls_key: ['--tls-key FILE', 'and its key, PEM'],
  role: ['--role ROLE', 'viewer or admin (viewer)'],
  scope: ['--scope PATTERN', "the machines it shows, like 'site1.#'"],
  days: ['--days NUMBER', 'how long it holds (30)'],
  test: ['--test CHANNEL', 'send a test through one channel'],
  list: ['--list', 'show the channels and what waits for each'],
  for: ['--for TIME', 'how long: 30min, 2h, 1d12h, 2w'],
  from: ['--from MOMENT', 'since when: 22:00, 2026-12-24, "2026-12-24 18:00" (now)'],
  until: ['--until MOMENT', 'until when, instead of --for: 06:00, "2026-12-27 08:00"'],
  why: ['--why TEXT', 'why, for whoever wonders'],
  by: ['--by NAME', 'who says so (your login name and this host)'],
  rule: ['--rule NAME', 'only what this rule finds; as often as you like'],
  resource: ['--resource NAME', "only this: cpu, 'file_systems /var'; as often as you like"],
  of_label: ['--label NAME=TEXT', 'only machines with this label, like site=berlin; as often as you like'],
  severity_max: ['--severity-max WORD', 'only what is no worse than info, warning or critical (critical)'],
  on_days: ['--days DAYS', 'only on these days of the week: sat,sun'],
  hours: ['--hours HOURS', 'only at these times of day: 22:00-06:00'],
  time_zone: ['--time-zone ZONE', "of --days and --hours, like Europe/Berlin (this machine's)"],
  silences: ['--list', 'show the silences that there are'],
  end: ['--end ID', 'end a silence now'],
  of_machine: ['--machine NAME', 'the machine that it is on, where that is known; it is found without'],
  incident: ['--incident', 'and all that belongs to the same incident'],
  undo: ['--undo', 'take it back: nobody has seen it after all'],
  json: ['--json', 'write JSON, for a program to read'],
  tracker: ['--tracker MACHINE', 'a machine that will have a tracker; as often as you like'],
  apply: ['--apply', 'run rabbitmqctl instead of printing what to run'],
  node: ['--node NAME', "the broker's Erlang node (rabbitmqctl's own choice)"],
  password_file: ['--password-file FILE', 'passwords for users, USER PASSWORD a line'],
  config: ['--config FILE', 'the settings file (./ganglion.toml)'],
  log_level: ['--log-level LEVEL', 'debug, info, warn or error (info)'],
} as const satisfies Readonly<Record<string, readonly [flag: string, says: string]>>;

type FlagName = keyof typeof FLAGS;
