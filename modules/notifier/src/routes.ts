// Routes: who is told of what, and when.

import { compilePattern } from '@ganglion/kernel';
import {
  type Alert,
  clockIn,
  DAYS,
  Hours,
  isWithin,
  type Moment,
  remaining,
  SEVERITIES,
  type Severity,
} from '@ganglion/topics';
import Type, { type Static } from 'typebox';
import { routeInvalid } from './errors.ts';

/** Routes at most. */
export const ROUTES_MAX = 100;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A channel's name. */
export const NAME_PATTERN = '^[a-z0-9][a-z0-9_-]{0,31}$';

const Channels = (description: string) =>
  Type.Array(Type.String({ pattern: NAME_PATTERN }), {
    minItems: 1,
    maxItems: 20,
    description,
    wanted: 'a list of names of channels',
  });

const Pattern = (what: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: `Which ${what}, as a topic pattern`,
      wanted: 'words and dots, with * for any one word and # for none or more',
    }),
  );

const Span = (description: string, minimum: number) =>
  Type.Integer({
    minimum,
    maximum: 30 * DAY_MS,
    description,
    wanted: `milliseconds, a whole number from ${minimum} to ${30 * DAY_MS}`,
  });

const Escalation = Type.Object(
  { after_ms: Span('How long nobody has acknowledged it', 1), channels: Channels('Who is told then') },
  { additionalProperties: false },
);

export const Route = Type.Object(
  {
    channels: Channels('Who is told'),
    severity: Type.Optional(
      Type.Enum(SEVERITIES, { description: 'The least that is told', wanted: `one of ${SEVERITIES.join(', ')}` }),
    ),
    machines: Pattern('machines'),
    rules: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: 'Which rules', wanted: 'a list of rules' }),
    ),
    resources: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'Which resources: cpu, "file_systems /var", or file_systems for all of them',
        wanted: 'a list of resources',
      }),
    ),
    labels: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'Labels that the machine has, all of them',
        wanted: 'a table of texts, as { site = "berlin" }',
      }),
    ),
    hours: Type.Optional(Hours('Times of day when it is in force')),
    days: Type.Optional(
      Type.Array(Type.Enum(DAYS), {
        minItems: 1,
        description: 'Days of the week',
        wanted: `a list of ${DAYS.join(', ')}`,
      }),
    ),
    quiet: Type.Optional(Hours('Times of day when all that is not critical waits until they end')),
    update_ms: Type.Optional(Span('Between two messages about one incident at least; 1 min', 0)),
    repeat_ms: Type.Optional(Span('Told again after that, as long as it lasts and nobody has acknowledged it', 1000)),
    escalate: Type.Optional(
      Type.Array(Escalation, {
        maxItems: 10,
        description: 'Who else is told when nobody acknowledges it',
        wanted: 'a list of tables, as { after_ms = 900000, channels = ["pager"] }',
      }),
    ),
    last: Type.Optional(
      Type.Boolean({ description: 'Whether no route after this one is looked at', wanted: 'true or false' }),
    ),
  },
  { additionalProperties: false },
);

export type Route = Static<typeof Route>;

/** Between two messages about one incident, unless the route says otherwise. */
export const UPDATE_MS = MINUTE_MS;

/** A route, ready for use. */
export interface ReadyRoute {
  /** Its place among the others, which stays the same as long as the settings do. */
  readonly name: string;
  readonly channels: readonly string[];
  readonly update_ms: number;
  readonly repeat_ms: number | undefined;
  readonly escalate: readonly { readonly after_ms: number; readonly channels: readonly string[] }[];
  readonly last: boolean;
  fits(machine: string, alert: Alert, now_ms: number): boolean;
  /** How long what is not critical has to wait; 0 when it has not. */
  quietFor(now_ms: number): number;
}

/**
 * Makes routes ready. Without any, everything is told by all channels.
 *
 * @throws CodedError `ROUTE_INVALID`
 */
export function readyRoutes(routes: readonly Route[], channels: readonly string[], time_zone: string): ReadyRoute[] {
  const momentOf = clockFor(time_zone);
  if (routes.length === 0 && channels.length > 0) return [ready({ channels: [...channels] }, 'all', momentOf)];
  for (const [index, route] of routes.entries()) {
    const path = `notifier.routes.${index}`;
    const named = [
      ...route.channels.map((name) => [name, `${path}.channels`] as const),
      ...(route.escalate ?? []).flatMap((stage, at) =>
        stage.channels.map((name) => [name, `${path}.escalate.${at}.channels`] as const),
      ),
    ];
    for (const [name, where] of named) {
      if (channels.includes(name)) continue;
      const wanted =
        channels.length === 0 ? 'channels first, under [notifier.channels.NAME]' : `one of ${channels.join(', ')}`;
      throw routeInvalid(where, `there is no channel "${name}"`, wanted);
    }
  }
  return routes.map((route, index) => ready(route, String(index), momentOf));
}

function clockFor(time_zone: string): (time_ms: number) => Moment {
  try {
    return clockIn(time_zone);
  } catch {
    throw routeInvalid('notifier.time_zone', `there is no time zone "${time_zone}"`, 'one as "Europe/Berlin"');
  }
}

function ready(route: Route, name: string, momentOf: (time_ms: number) => Moment): ReadyRoute {
  const { channels, severity = 'info', machines = '#', rules, resources, labels = {}, hours, days, quiet } = route;
  const isForMachine = compilePattern(machines);
  return {
    name,
    channels,
    update_ms: route.update_ms ?? UPDATE_MS,
    repeat_ms: route.repeat_ms,
    escalate: [...(route.escalate ?? [])].sort((a, b) => a.after_ms - b.after_ms),
    last: route.last ?? false,
    fits: (machine, alert, now_ms) =>
      rank(alert.severity) >= rank(severity) &&
      isForMachine(machine) &&
      (rules?.includes(alert.rule) ?? true) &&
      (resources?.some((each) => alert.resource === each || alert.resource.startsWith(`${each} `)) ?? true) &&
      Object.entries(labels).every(([label, value]) => alert.labels?.[label] === value) &&
      ((hours === undefined && days === undefined) || isWithin(hours, days, momentOf(now_ms))),
    quietFor: (now_ms) => (quiet === undefined ? 0 : remaining(quiet, momentOf(now_ms))),
  };
}

/** How much a severity weighs. */
export function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
