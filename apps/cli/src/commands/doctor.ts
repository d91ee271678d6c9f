// `ganglion doctor`: whether the broker is well, a line for each check, and what to type where it is not.

import { hostname } from 'node:os';
import type { ExchangeFound, Finding } from '@ganglion/bus-amqp';
import { CodedError, instanceName, oneLine } from '@ganglion/kernel';
import type { Arguments } from '../arguments.ts';
import { readTlsFiles } from '../bus.ts';
import { brokerMissing } from '../errors.ts';
import { loadModules } from '../modules.ts';
import { settingsFor } from '../settings/index.ts';
import type { OwnSettings } from '../settings/own.ts';
import { quoted } from '../shell.ts';
import { columnsOf, type Style, styleFor, wrap } from '../terminal.ts';
import type { Command } from './command.ts';

/** A clock that is further off makes what is seen look older or younger than it is. */
const CLOCK_OFF_MS = 1000;

/** A certificate that ends sooner should be renewed. */
const CERTIFICATE_DAYS_MIN = 14;

const DAY_MS = 24 * 60 * 60 * 1000;

/** The oldest version that the tests run on. */
const VERSION_MIN: readonly [major: number, minor: number] = [3, 10];

export const doctor: Command = {
  name: 'doctor',
  words: '',
  words_min: 0,
  words_max: 0,
  summary: 'check the broker, and say what to type where it is not well',
  about: [
    'Each check is a line: ok, WARN (it works, with less), FAIL (it does not), or - (cannot be known here).',
    'Permissions are those of the user in the address. What is tried changes nothing on the broker and',
    'leaves nothing there, but for a few lines in its log about what was refused.',
    'Exit code: 0 when nothing has failed, 1 when something has, 2 for a wrong setting.',
  ],
  switches: ['json'],
  options: ['with', 'config'],
  flags: ['broker', 'broker_ca', 'broker_cert', 'broker_key', 'exchange', 'machine', 'with', 'json', 'config'],
  examples: [
    ['ganglion doctor --broker amqp://localhost', 'check everything'],
    ['ganglion doctor --broker amqps://broker --broker-ca ca.pem', 'over TLS with an authority of your own'],
    ['ganglion doctor --json', 'as one JSON object: {"ok", "checks": [{"check", "state", "found", "todo"}]}'],
  ],
  run,
};

/** How a check came out. `unknown` is no fault: it cannot be told from here. */
type State = 'ok' | 'warn' | 'fail' | 'unknown';

/** One line of the answer. */
export interface Check {
  readonly check: string;
  readonly state: State;
  readonly found: string;
  /** What to type or to do; undefined when there is nothing to be done. */
  readonly todo?: string | undefined;
}

async function run(args: Arguments): Promise<void> {
  const modules = await loadModules(args.options.with);
  const settings = await settingsFor(args, modules);
  const { own } = settings;
  if (own.broker === undefined) throw brokerMissing('nothing to check', '');
  const machine = settings.entries.find(({ setting }) => setting.key === 'tracker.machine')?.value;
  const machines = [typeof machine === 'string' ? machine : hostname()];
  // What knows the broker is loaded only now: other commands do without.
  const [{ inspectBroker }, { needsOf, rolesOf }] = await Promise.all([
    import('@ganglion/bus-amqp'),
    import('../roles.ts'),
  ]);
  const findings = inspectBroker({
    url: own.broker,
    tls: readTlsFiles(own),
    exchange: own.exchange,
    name: instanceName('doctor'),
    roles: Object.fromEntries(rolesOf(modules, machines).map((role) => [role.name, needsOf(role)])),
  });

  const style = styleFor(process.stdout);
  const checks: Check[] = [];
  for await (const check of checksOf(findings, own)) {
    checks.push(check);
    if (!args.switches.has('json')) process.stdout.write(lineOf(check, style, columnsOf(process.stdout)));
  }
  const ok = checks.every(({ state }) => state !== 'fail');
  if (args.switches.has('json')) process.stdout.write(`${JSON.stringify({ ok, checks }, null, 2)}\n`);
  else process.stdout.write(`\n${verdictOn(checks)}\n`);
  process.exitCode = ok ? 0 : 1;
}

/** A line for each finding; an end on the way is a line too. */
async function* checksOf(findings: AsyncIterable<Finding>, own: OwnSettings): AsyncGenerator<Check> {
  try {
    for await (const finding of findings) yield* tell(finding, own);
  } catch (error) {
    if (!(error instanceof CodedError) || error.code === 'BROKER_URL_INVALID') throw error;
    yield fail('connection', `${error.parts.what}: ${error.parts.why}`, error.parts.todo);
  }
}

/** What a finding means for a person. */
export function tell(finding: Finding, own: Pick<OwnSettings, 'exchange'>, now_ms = Date.now()): Check[] {
  switch (finding.check) {
    case 'node':
      return [tellNode(finding)];
    case 'cluster':
      return [tellCluster(finding.names)];
    case 'refused':
      return tellRefused(finding.error);
    case 'connection':
      return [
        ok('reached', `in ${milliseconds(finding.took_ms)}`),
        tellTls(finding, now_ms),
        ok('login', 'accepted'),
        ok('virtual host', 'open to this user'),
      ];
    case 'version':
      return [tellVersion(finding.product, finding.version)];
    case 'exchange':
      return [tellExchange(own.exchange, finding.found, finding.durable)];
    case 'events':
      return [tellEvents(finding)];
    case 'clock':
      return [tellClock(finding)];
    case 'permissions':
      return tellPermissions(finding.lacks);
    case 'round':
      return [tellRound(finding)];
    case 'alarms':
      return [
        finding.blocked === undefined
          ? ok('alarms', 'none: it takes messages')
          : fail('alarms', `it takes no messages: ${finding.blocked}`, 'rabbitmq-diagnostics alarms'),
      ];
    case 'consistent_hash':
      return [
        finding.found === 'there'
          ? ok('hash exchange', 'there: several analyzers can share machines')
          : warn(
              'hash exchange',
              'not there: all works, but several analyzers cannot each keep machines of their own',
              'rabbitmq-plugins enable rabbitmq_consistent_hash_exchange',
            ),
      ];
  }
}

/** All works while others are there: a node that is away is less, not nothing. */
function tellNode(finding: Finding & { check: 'node' }): Check {
  if ('error' in finding)
    return warn('node', `${finding.error.parts.what}: ${finding.error.parts.why}`, finding.error.parts.todo);
  return ok('node', `${finding.node} in ${milliseconds(finding.took_ms)}: ${finding.version}`);
}

function tellCluster(names: readonly string[]): Check {
  if (names.length === 1) return ok('cluster', `one: ${names[0]}`);
  const found = `these nodes are no cluster, nothing passes from one to another: ${names.join(', ')}`;
  return fail('cluster', found, 'rabbitmqctl join_cluster, or name the nodes of one cluster alone');
}

/** Everything before what was refused is well, or there would have been no answer. */
function tellRefused({ code, parts }: CodedError): Check[] {
  const refused = (check: string) => fail(check, `${parts.what}: ${parts.why}`, parts.todo);
  switch (code) {
    case 'BROKER_TLS_FAILED':
      return [ok('reached', 'something answers'), refused('TLS')];
    case 'BROKER_LOGIN_REFUSED':
      return [ok('reached', 'it answers'), refused('login')];
    case 'BROKER_VHOST_REFUSED':
      return [ok('reached', 'it answers'), ok('login', 'accepted'), refused('virtual host')];
    default:
      return [refused('reached')];
  }
}

function tellTls({ tls, loopback }: Finding & { check: 'connection' }, now_ms: number): Check {
  if (tls === undefined && loopback) return ok('TLS', 'none, and not needed: the broker is on this machine');
  if (tls === undefined) return warn('TLS', 'none: all that passes can be read on the way', 'use amqps://');
  if (tls.expires_ms === undefined) return ok('TLS', tls.protocol);
  const days = Math.floor((tls.expires_ms - now_ms) / DAY_MS);
  const found = `${tls.protocol}, certificate valid for ${days} more days`;
  return days < CERTIFICATE_DAYS_MIN ? warn('TLS', found, "renew the broker's certificate") : ok('TLS', found);
}

function tellVersion(product: string, version: string): Check {
  const found = `${product} ${version}`;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const new_enough = major > VERSION_MIN[0] || (major === VERSION_MIN[0] && minor >= VERSION_MIN[1]);
  if (product === 'RabbitMQ' && new_enough) return ok('version', found);
  return warn('version', `${found}: not tried by us`, `use RabbitMQ ${VERSION_MIN.join('.')} or newer`);
}

function tellExchange(exchange: string, found: ExchangeFound, durable: boolean | undefined): Check {
  switch (found) {
    case 'topic': {
      const lasts = durable === undefined ? '' : durable ? ', durable' : ', not durable';
      return ok('exchange', `${exchange}: topic${lasts}`);
    }
    case 'unknown_type':
      return ok('exchange', `${exchange}: there; its type is told only to those who may declare it`);
    case 'other_type':
      return fail('exchange', `${exchange}: it does not route by topic`, 'name another with --exchange');
    case 'absent':
      return ok('exchange', `${exchange}: not there yet, is made by the first module`);
    case 'absent_and_refused':
      return fail('exchange', `${exchange}: not there, and this user may not make it`, 'ganglion broker-setup');
  }
}

function tellEvents({ found, vhost }: Finding & { check: 'events' }): Check {
  const without = 'a death is noticed by silence, after three intervals instead of at once';
  const enable = 'rabbitmq-plugins enable rabbitmq_event_exchange';
  switch (found) {
    case 'readable':
      return ok('event exchange', 'there, and open to this user');
    case 'absent':
      if (vhost === '/') return warn('event exchange', `not there: ${without}`, enable);
      return warn(
        'event exchange',
        `not in this virtual host: the broker has it in one alone, by default in /, so ${without}`,
        `echo ${quoted(`event_exchange.vhost = ${oneLine(vhost)}`)} >> /etc/rabbitmq/rabbitmq.conf; ${enable}; systemctl restart rabbitmq-server`,
      );
    case 'refused':
      return unknown('event exchange', 'there, and not for this user; only presence needs it');
  }
}

function tellClock(finding: Finding & { check: 'clock' }): Check {
  if ('unknown' in finding) return unknown('clock', finding.unknown);
  const { ahead_ms, within_ms } = finding;
  const off_ms = Math.abs(ahead_ms);
  const about = `within ${within_ms} ms`;
  if (off_ms <= within_ms) return ok('clock', `the same as the broker's, ${about}`);
  const found = `the broker's is ${off_ms} ms ${ahead_ms > 0 ? 'ahead' : 'behind'}, ${about}`;
  return off_ms - within_ms < CLOCK_OFF_MS
    ? ok('clock', found)
    : warn('clock', found, 'timedatectl set-ntp true, on the machine that is wrong');
}

/** One line for each role that lacks something, and one for all that lack nothing. */
function tellPermissions(lacks: (Finding & { check: 'permissions' })['lacks']): Check[] {
  const roles = Object.keys(lacks);
  const able = roles.filter((role) => lacks[role]?.length === 0);
  if (able.length === roles.length) return [ok('permissions', `enough for every role: ${roles.join(', ')}`)];
  if (able.length > 0) {
    const others = roles.filter((role) => !able.includes(role));
    return [ok('permissions', `enough for ${able.join(', ')}; not for ${others.join(', ')}`)];
  }
  return roles.map((role) =>
    fail('permissions', `not enough for ${role}: ${lacks[role]?.join('; ')}`, 'ganglion broker-setup'),
  );
}

function tellRound(finding: Finding & { check: 'round' }): Check {
  if ('not_tried' in finding) return unknown('message round', `not tried: ${finding.not_tried}`);
  if ('failed' in finding) return fail('message round', finding.failed, 'rabbitmqctl list_queues name messages state');
  const { confirmed_ms, delivered_ms } = finding;
  const times = `confirmed in ${milliseconds(confirmed_ms)}, delivered in ${milliseconds(delivered_ms)}`;
  return ok('message round', times);
}

function ok(check: string, found: string): Check {
  return { check, state: 'ok', found };
}

function warn(check: string, found: string, todo?: string): Check {
  return { check, state: 'warn', found, todo };
}

function fail(check: string, found: string, todo?: string): Check {
  return { check, state: 'fail', found, todo };
}

function unknown(check: string, found: string): Check {
  return { check, state: 'unknown', found };
}

function milliseconds(duration_ms: number): string {
  return `${duration_ms.toFixed(duration_ms < 10 ? 1 : 0)} ms`;
}

const WORDS: Readonly<Record<State, string>> = { ok: 'ok', warn: 'WARN', fail: 'FAIL', unknown: '-' };

/** Columns before what was found. */
const INDENT = 22;

function lineOf({ check, state, found, todo }: Check, { bold, dim }: Style, columns: number): string {
  const word = WORDS[state].padEnd(6);
  const [first = '', ...more] = wrap(found, Math.max(30, columns - INDENT));
  const lines = [`${state === 'warn' || state === 'fail' ? bold(word) : dim(word)}${check.padEnd(INDENT - 6)}${first}`];
  for (const line of more) lines.push(' '.repeat(INDENT) + line);
  if (todo !== undefined) lines.push(`${' '.repeat(INDENT)}${dim('→')} ${todo}`);
  return `${lines.join('\n')}\n`;
}

function verdictOn(checks: readonly Check[]): string {
  const count = (state: State) => checks.filter((check) => check.state === state).length;
  const [failed, warned] = [count('fail'), count('warn')];
  if (failed === 0 && warned === 0) return 'All is well.';
  if (failed === 0) return `All works; ${warned === 1 ? 'one thing could' : `${warned} things could`} be better.`;
  return failed === 1 ? 'One thing has to be put right.' : `${failed} things have to be put right.`;
}
