// Who may do what on the broker, role by role: no more than each needs, told from what its module listens to and
// publishes. https://www.rabbitmq.com/docs/access-control

import { queueFront, type RoleNeeds } from '@ganglion/bus-amqp';
import { instanceName, type Module, oneLine, pulse } from '@ganglion/kernel';
import { operatorModule } from './operator.ts';

/** What one program does on the bus. */
export interface Role {
  /** The module's name, or `operator`, `tap` and `admin`. Its queues are named after it. */
  readonly name: string;
  /** The one machine that a tracker speaks for. */
  readonly machine?: string;
  /** What it is for, in a few words. */
  readonly says: string;
  /** The binding patterns it needs; empty for who has no queue. */
  readonly listens: readonly string[];
  /** Whether it may bind with any pattern besides. */
  readonly listens_to_all: boolean;
  /** The keys it publishes. */
  readonly publishes: readonly Keys[];
  /** Whether it reads what the broker says about connections. */
  readonly reads_events: boolean;
  /** Whether it reads what kept subscriptions of all modules refused. */
  readonly reads_dead: boolean;
  /** Whether it answers questions. */
  readonly answers: boolean;
}

/** Routing keys: as a regular expression for the broker, and one of them. */
export interface Keys {
  readonly expression: string;
  readonly example: string;
}

/** Regular expressions: what may be declared, written to and read from, by name. */
export interface Permissions {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** The exchange where the broker tells of its events, in one virtual host. */
const EVENTS = 'amq.rabbitmq.event';

/** What the broker calls the default exchange, which brings an answer to who has asked. */
const ANSWERS = 'amq.default';

/** What the broker's own documentation writes for "nothing". */
const NOTHING = '^$';

/** Modules that show whatever passes: what they bind besides what they declare follows from who looks at what. */
const LISTEN_TO_ALL = ['web'];

const ADMIN = 'admin';

/**
 * The roles of these modules, a tracker for each machine, and those that no module has.
 *
 * @param machines the machines that have a tracker
 */
export function rolesOf(modules: readonly Module[], machines: readonly string[]): Role[] {
  const roles = modules.flatMap((module) =>
    module.name === 'tracker' ? machines.map((machine) => trackerOf(module, machine)) : [roleOf(module)],
  );
  return [...roles, operatorRole(), tapRole(), ADMINISTRATOR];
}

/** What a role may do with exchange and queues in the exchange's virtual host. */
export function permissionsOf(role: Role, exchange: string): Permissions {
  const place = escaped(exchange);
  if (role.name === ADMIN) {
    const own = [place, `${escaped(queueFront(exchange))}.*`];
    return { configure: whole(own), write: whole([...own, escaped(ANSWERS)]), read: whole([...own, escaped(EVENTS)]) };
  }
  const queues = role.listens.length > 0 ? [`${escaped(`${queueFront(exchange)}${role.name}.`)}.*`] : [];
  return {
    configure: whole(queues),
    write: whole([
      ...(role.publishes.length > 0 ? [place] : []),
      ...queues,
      ...(role.answers ? [escaped(ANSWERS)] : []),
    ]),
    read: whole([
      ...(role.listens.length > 0 ? [place] : []),
      ...queues,
      ...(role.reads_events ? [escaped(EVENTS)] : []),
      // Exactly a module and a subscription in between: the kept queue of a subscription "dead" is no such queue.
      ...(role.reads_dead ? [`${escaped(queueFront(exchange))}[^.]+\\.[^.]+\\.dead`] : []),
    ]),
  };
}

/** Which keys a role may publish, and which patterns it may bind, on the exchange. */
export function topicPermissionsOf(role: Role): Pick<Permissions, 'write' | 'read'> {
  return {
    write: whole(role.publishes.map(({ expression }) => expression)),
    read: role.listens_to_all ? '.*' : whole(role.listens.map(escaped)),
  };
}

/** What a role needs, for the broker to be asked. */
export function needsOf({ name, listens, listens_to_all, publishes, reads_events, answers }: Role): RoleNeeds {
  const patterns = listens_to_all ? [...new Set([...listens, '#'])] : listens;
  return { queues: name, patterns, keys: publishes.map(({ example }) => example), events: reads_events, answers };
}

/** The user of a role on the broker, `<exchange>-<role>`, and `-<machine>` for a tracker. */
export function userOf({ name, machine }: Role, exchange: string): string {
  return `${exchange}-${name}${machine === undefined ? '' : `-${machine}`}`;
}

/**
 * An expression that matches a text and nothing else, in the broker's language (Erlang's `re`, which is PCRE). Other
 * letters than ASCII stand for themselves: both the expression and the name are bytes of UTF-8.
 */
export function escaped(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}

/** One of several expressions, from the first character to the last: `$` would let a line end pass. */
function whole(expressions: readonly string[]): string {
  if (expressions.length === 0) return NOTHING;
  return expressions.length === 1 ? `^${expressions[0]}\\z` : `^(${expressions.join('|')})\\z`;
}

function trackerOf({ name, publishes }: Module, machine: string): Role {
  return {
    name,
    machine,
    says: `measures ${oneLine(machine, 80)}`,
    listens: [],
    listens_to_all: false,
    publishes: [
      ...Object.values(publishes).map(({ family }) => ({
        expression: escaped(`${machine}.${family}`),
        example: `${machine}.${family}`,
      })),
      pulseOf(name, machine),
    ],
    reads_events: false,
    reads_dead: false,
    answers: false,
  };
}

function roleOf({ name, listens, publishes, answers, asks }: Module): Role {
  const families = Object.values(publishes).map(({ family }) => family);
  return {
    name,
    says: families.length === 0 ? 'publishes nothing but its pulse' : `publishes ${families.join(', ')}`,
    listens: [
      ...Object.values(listens).map(({ sources, topic }) => `${sources}.${topic.family}`),
      ...Object.values(answers).map(({ family }) => `#.${family}`),
    ],
    listens_to_all: LISTEN_TO_ALL.includes(name),
    publishes: [...families.map(anyOf), ...Object.values(asks).map(({ family }) => anyOf(family)), pulseOf(name)],
    reads_events: name === 'presence',
    reads_dead: false,
    answers: Object.keys(answers).length > 0,
  };
}

/** Keys of one family, whoever they are about. */
function anyOf(family: string): Keys {
  return { expression: `.+\\.${escaped(family)}`, example: `doctor.${family}` };
}

/** The pulses of one module's instances, of those on one machine if one is given. */
function pulseOf(module: string, machine?: string): Keys {
  // As instanceName in the kernel makes them.
  const host = machine === undefined ? '.+' : escaped(oneLine(machine, 64));
  return {
    expression: `${escaped(module)}-[0-9a-f]{4}@${host}\\.${pulse.family}`,
    example: `${instanceName(module, machine)}.${pulse.family}`,
  };
}

/** Whoever looks at alerts, acknowledges and silences them from a shell. */
function operatorRole(): Role {
  return { ...roleOf(operatorModule()), says: 'reads alerts and gives orders about them, from a shell' };
}

function tapRole(): Role {
  return {
    name: 'tap',
    says: 'reads everything, publishes nothing but its pulse',
    listens: ['#'],
    listens_to_all: true,
    publishes: [pulseOf('tap')],
    reads_events: false,
    reads_dead: true,
    answers: false,
  };
}

const ADMINISTRATOR: Role = {
  name: ADMIN,
  says: 'everything on this exchange, for modules of your own',
  listens: ['#'],
  listens_to_all: true,
  publishes: [{ expression: '.*', example: 'doctor.doctor' }],
  reads_events: true,
  reads_dead: true,
  answers: true,
};
