// What `ganglion broker-setup` makes on the broker: planned first, then written as a script or done.

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Broker, readBrokerUrl } from '@ganglion/bus-amqp';
import { type Module, oneLine, routingKey } from '@ganglion/kernel';
import { measure } from '@ganglion/topics';
import { passwordFileInvalid, rabbitmqctlFailed } from './errors.ts';
import { permissionsOf, type Role, rolesOf, topicPermissionsOf, userOf } from './roles.ts';
import { ANCESTORS_EXCHANGE, type OwnSettings } from './settings/own.ts';
import { quoted } from './shell.ts';

/** Random bytes of a password that is made here. */
const PASSWORD_BYTES = 18;

/** What the broker puts before a password when it hashes it. */
const SALT_BYTES = 4;

/** What rabbitmqctl may take for one answer; it usually takes a second or two. */
const CTL_MS = 60_000;

/** Names may hold any letters; without this, rabbitmqctl reads only those of ASCII. */
const LOCALE = 'C.UTF-8';

/** What is to be made. */
export interface Plan {
  readonly exchange: string;
  readonly durable: boolean;
  readonly broker: Broker;
  /** The arguments of rabbitmqctl that say which node. */
  readonly node: readonly string[];
  readonly users: readonly User[];
}

interface User {
  readonly name: string;
  readonly role: Role;
  readonly password: string;
  /** Whether the password is to be set even if the user is there already. */
  readonly password_given: boolean;
}

export interface SetupOptions {
  readonly modules: readonly Module[];
  /** The machines that will have a tracker. */
  readonly machines: readonly string[];
  readonly password_file: string | undefined;
  /** The broker's Erlang node; undefined for rabbitmqctl's own choice. */
  readonly node: string | undefined;
}

/**
 * Plans a user for each role.
 *
 * @throws CodedError `BROKER_URL_INVALID`, `KEY_INVALID`, `PASSWORD_FILE_INVALID`
 */
export function planSetup(own: OwnSettings, { modules, machines, password_file, node }: SetupOptions): Plan {
  const { exchange, exchange_durable: durable = exchange !== ANCESTORS_EXCHANGE } = own;
  // A name that no routing key can hold would have a rule that nothing fits.
  for (const machine of machines) routingKey(machine, measure.family);
  const roles = rolesOf(modules, [...new Set(machines)]);
  const passwords = readPasswords(
    password_file,
    roles.map((role) => userOf(role, exchange)),
  );
  return {
    exchange,
    durable,
    broker: readBrokerUrl(own.broker ?? 'amqp://localhost'),
    node: node === undefined ? [] : ['-n', node],
    users: roles.map((role) => {
      const name = userOf(role, exchange);
      const given = passwords.get(name);
      return { name, role, password: given ?? generated(), password_given: given !== undefined };
    }),
  };
}

/** A user as the broker's definitions hold it: its password as a salted hash, see https://www.rabbitmq.com/docs/passwords. */
function userDefinition({ name, password }: User): object {
  const salt = randomBytes(SALT_BYTES);
  const hash = createHash('sha256').update(salt).update(password).digest();
  return {
    name,
    password_hash: Buffer.concat([salt, hash]).toString('base64'),
    hashing_algorithm: 'rabbit_password_hashing_sha256',
    tags: '',
  };
}

/**
 * All but the users, for rabbitmqctl to import: the exchange, so that no user needs to be allowed to declare it, and what
 * each role needs. One import takes as long as one permission set by hand, which counts with a tracker on each machine.
 */
function definitionsOf({ exchange, durable, broker, users }: Plan) {
  const { vhost } = broker;
  const topic = { name: exchange, vhost, type: 'topic', durable, auto_delete: false, internal: false, arguments: {} };
  return {
    exchanges: [topic],
    permissions: users.map(({ name, role }) => ({ vhost, user: name, ...permissionsOf(role, exchange) })),
    topic_permissions: users.map(({ name, role }) => ({ vhost, user: name, exchange, ...topicPermissionsOf(role) })),
  };
}

/** A shell script that makes it, for a person to read and to run. */
export function scriptOf(plan: Plan): string {
  const { exchange, broker, node, users } = plan;
  const lists = Object.entries(definitionsOf(plan)).map(
    ([name, list]) => `"${name}":[\n${list.map(inJson).join(',\n')}\n]`,
  );
  const lines = [
    '#!/bin/sh',
    `# Users for the exchange ${oneLine(exchange)} in the virtual host ${oneLine(broker.vhost)}: one for each role, with what it needs and no more.`,
    "# Read it, then run it on the broker's machine as a user who may use rabbitmqctl. It may be run again.",
    '# The passwords stand nowhere else: keep the addresses, then remove this file.',
    'set -eu',
    `export LC_ALL=${LOCALE}`,
    '',
    `ctl() { rabbitmqctl -q ${node.map((word) => `${quoted(word)} `).join('')}"$@"; }`,
    'there=$(ctl list_users --no-table-headers | cut -f 1)',
    'users=',
    'given() { # name definition: with the password that was chosen for it',
    `  users="$users\${users:+,}$2"`,
    '}',
    'user() { # name definition: one that is there already keeps its password',
    `  if printf '%s\\n' "$there" | grep -Fqx -e "$1"; then printf '%s is there already and keeps its password\\n' "$1" >&2`,
    '  else given "$1" "$2"; fi',
    '}',
  ];
  for (const user of users) {
    lines.push(
      '',
      `# ${user.role.name} ${user.role.says}`,
      `# ${addressOf(plan, user)}`,
      `${user.password_given ? 'given' : 'user'} ${quoted(user.name)} ${quoted(inJson(userDefinition(user)))}`,
    );
  }
  lines.push(
    '',
    '# The exchange, so that nobody needs to be allowed to declare it (one that stands already stays as it is), and who may what.',
    `printf '{"users":[%s],%s}' "$users" ${quoted(lists.join(',\n'))} | ctl import_definitions --format json`,
  );
  return `${lines.join('\n')}\n`;
}

/**
 * Does what the script does, and says each user's address.
 *
 * @throws CodedError `RABBITMQCTL_FAILED`
 */
export async function applySetup(plan: Plan, say: (line: string) => void): Promise<void> {
  const ctl = (words: readonly string[], input = '') => rabbitmqctl([...plan.node, ...words], input);
  const there = new Set(
    (await ctl(['list_users', '--no-table-headers'])).split('\n').map((line) => line.split('\t', 1)[0]),
  );
  const keepsPassword = (user: User) => there.has(user.name) && !user.password_given;
  const users = plan.users.filter((user) => !keepsPassword(user)).map(userDefinition);
  // Through a pipe: other users see the words of a command.
  await ctl(['import_definitions', '--format', 'json'], inJson({ users, ...definitionsOf(plan) }));
  for (const user of plan.users) {
    const address = keepsPassword(user) ? `${oneLine(user.name)}, its password as it was` : addressOf(plan, user);
    say(`${user.role.name.padEnd(9)} ${address}`);
  }
}

/** Runs rabbitmqctl, as it is found on the PATH. Resolves to what it said. */
function rabbitmqctl(words: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, LC_ALL: LOCALE }, timeout: CTL_MS };
    const child = execFile('rabbitmqctl', ['-q', ...words], options, (error, said, complained) => {
      if (error === null) resolve(said);
      else reject(rabbitmqctlFailed(words.find((word) => word.includes('_')) ?? '', complained || said, error));
    });
    // It may end before it has read: its exit code says why.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** What the role's program is given as `--broker` or GANGLION_BROKER. */
function addressOf({ broker }: Plan, { name, password }: User): string {
  const { tls, nodes, vhost } = broker;
  const places = nodes.map(({ hostname, port }) => `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`);
  const path = vhost === '/' ? '' : `/${encodeURIComponent(vhost)}`;
  const login = `${inUrl(name)}:${inUrl(password)}`;
  return `amqp${tls ? 's' : ''}://${login}@${places.join(',')}${path}`;
}

/** Percent-encoded, also what a shell would take as its own. */
function inUrl(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
}

/**
 * Reads `USER PASSWORD` lines; empty ones and those that begin with `#` count for nothing.
 *
 * @throws CodedError `PASSWORD_FILE_INVALID`
 */
function readPasswords(path: string | undefined, users: readonly string[]): ReadonlyMap<string, string> {
  const passwords = new Map<string, string>();
  if (path === undefined) return passwords;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw passwordFileInvalid(path, error);
  }
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    // Names may hold spaces.
    const [, name = '', password = ''] = /^(.+) ([!-~]+)$/.exec(line) ?? [];
    if (name === '') throw passwordFileInvalid(path, `line ${i + 1} is not a user, a space and a password in ASCII`);
    if (!users.includes(name))
      throw passwordFileInvalid(path, `line ${i + 1} names "${oneLine(name, 80)}", no user of these`);
    passwords.set(name, password);
  }
  return passwords;
}

/** On one line, and in ASCII, which every locale's shell and rabbitmqctl read alike. */
function inJson(value: object): string {
  return JSON.stringify(value).replace(/[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function generated(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url');
}
