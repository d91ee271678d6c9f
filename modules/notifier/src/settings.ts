// The notifier's settings: what they may be, and from them the channels and routes that are ready for use.

import { homedir } from 'node:os';
import { join } from 'node:path';
import Type, { type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { ChannelType, Tools } from './channel.ts';
import * as every from './channels/index.ts';
import { channelInvalid } from './errors.ts';
import type { Opened, Pace } from './outbox.ts';
import { NAME_PATTERN, type ReadyRoute, ROUTES_MAX, Route, readyRoutes } from './routes.ts';
import type { Secrets } from './secret.ts';

/** Every kind of channel there is. */
export const TYPES: readonly ChannelType[] = Object.values(every);

/** Channels at most. */
const CHANNELS_MAX = 100;

const TYPE_NAMES = TYPES.map(({ type }) => type).join(', ');

const Milliseconds = (value_ms: number, minimum: number, description: string) =>
  Type.Integer({
    default: value_ms,
    minimum,
    maximum: 7 * 86_400_000,
    description,
    wanted: `milliseconds, a whole number from ${minimum} to ${7 * 86_400_000}`,
  });

/** What every channel has besides its own. */
const COMMON = {
  limit_per_hour: Type.Integer({
    default: 60,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Messages an hour at most, and as many again of what is critical; the rest is told as one summary',
    wanted: 'a whole number from 1 to 1000000',
  }),
  timeout_ms: Milliseconds(10_000, 100, 'What sending one message may take'),
  retry_first_ms: Milliseconds(1_000, 10, 'The wait after the first failed try; it doubles with each'),
  retry_ms_max: Milliseconds(300_000, 10, 'The longest wait between two tries'),
  give_up_ms: Milliseconds(86_400_000, 1_000, 'A message older than that is not tried any more'),
} as const;

export const config = Type.Object(
  {
    channels: Type.Record(
      Type.String({ pattern: NAME_PATTERN }),
      Type.Object({ type: Type.String() }, { additionalProperties: true }),
      {
        default: {},
        additionalProperties: false,
        maxProperties: CHANNELS_MAX,
        // It may hold what its owner takes for no secret.
        writeOnly: true,
        description: 'Ways to tell people, each a table under [notifier.channels.NAME] with its type',
        wanted: `a table for each channel, under a name of lower-case letters, digits, "_" and "-", with a type: ${TYPE_NAMES}`,
      },
    ),
    routes: Type.Array(Route, {
      default: [],
      maxItems: ROUTES_MAX,
      description:
        'Who is told of what, each a table under [[notifier.routes]]; without any, everything by all channels',
    }),
    gather_ms: Type.Integer({
      default: 3_000,
      minimum: 0,
      maximum: 60_000,
      unit: 'ms',
      description: 'How long what begins together is gathered before it is told for the first time; 0: at once',
      wanted: 'milliseconds, a whole number from 0 to 60000',
    }),
    state_dir: Type.String({
      default: '',
      description: 'Folder of the journal; without one, "notifier" in the folder of the service or the user',
    }),
    time_zone: Type.String({
      default: '',
      description: 'Of the hours in routes, as "Europe/Berlin"; the machine\'s own',
    }),
    page_url: Type.String({
      default: '',
      pattern: '^(https?://[^\\s@]+)?$',
      description: 'The address of the page, for links to it',
      wanted: 'an address, as "https://ganglion.example.com"',
    }),
  },
  { additionalProperties: false },
);

export type Config = Static<typeof config>;

/** Channels and routes, ready for use. */
export interface Ready {
  readonly channels: ReadonlyMap<string, Opened>;
  readonly routes: readonly ReadyRoute[];
}

/**
 * Makes channels and routes ready. Reads the secrets; connects to nobody.
 *
 * @throws CodedError `CHANNEL_INVALID`, `ROUTE_INVALID`, `SECRET_UNREADABLE`
 */
export function makeReady({ channels, routes, time_zone }: Config, secrets: Secrets): Ready {
  const opened = new Map(
    Object.entries(channels).map(([name, given]) => [name, openChannel(name, given, secrets)] as const),
  );
  return { channels: opened, routes: readyRoutes(routes, [...opened.keys()], time_zone) };
}

/** The folder of the journal: as set, else where systemd or the desktop puts such things. */
export function stateFolder(
  { state_dir }: Pick<Config, 'state_dir'>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  if (state_dir !== '') return state_dir;
  const { STATE_DIRECTORY = '', XDG_STATE_HOME = '' } = environment;
  // systemd gives a list when a service has several.
  const [service = ''] = STATE_DIRECTORY.split(':');
  return join(service || join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'ganglion'), 'notifier');
}

function openChannel(name: string, given: Config['channels'][string], secrets: Secrets): Opened {
  const path = `notifier.channels.${name}`;
  const { type: type_name, ...rest } = given;
  const type = TYPES.find((each) => each.type === type_name);
  if (type === undefined) {
    throw channelInvalid(`${path}.type`, `"${type_name}" is no kind of channel`, `one of ${TYPE_NAMES}`);
  }
  const schemas: Readonly<Record<string, TSchema>> = { ...COMMON, ...type.config };
  const schema = Type.Object(schemas, { additionalProperties: false });
  const whole = Value.Default(schema, Value.Clone(rest));
  checkChannel(path, type_name, schemas, schema, whole);
  const tools: Tools = {
    secret: (setting, place) => secrets.read(`${path}.${setting}`, place),
    hide: (text) => secrets.hide(text),
    refuse: (setting, why, wanted) => channelInvalid(`${path}.${setting}`, why, wanted),
  };
  return {
    channel: type.open(whole as Static<typeof schema>, tools),
    pace: Value.Parse(Type.Object(COMMON), paceIn(whole)),
  };
}

function paceIn(whole: unknown): Pace {
  const all = whole as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.keys(COMMON).map((name) => [name, all[name]])) as unknown as Pace;
}

/** Tells the first thing that is wrong with a channel, and what was expected there. */
function checkChannel(
  path: string,
  type: string,
  schemas: Readonly<Record<string, TSchema>>,
  schema: TSchema,
  whole: unknown,
): void {
  for (const error of Value.Errors(schema, whole)) {
    if (error.keyword === 'boolean') continue; // Told better by the "additionalProperties" that follows.
    const steps = error.instancePath.split('/').slice(1);
    const [setting] = steps;
    if (setting === undefined) {
      const names: readonly string[] =
        error.keyword === 'additionalProperties'
          ? error.params.additionalProperties
          : error.keyword === 'required'
            ? error.params.requiredProperties
            : [];
      const [name = ''] = names;
      if (error.keyword === 'required') {
        throw channelInvalid(`${path}.${name}`, `a channel of type ${type} needs it`, wantedOf(schemas[name]));
      }
      throw channelInvalid(`${path}.${name}`, 'there is no such setting', `one of ${Object.keys(schemas).join(', ')}`);
    }
    throw channelInvalid([path, ...steps].join('.'), `it ${error.message}`, wantedOf(schemas[setting]));
  }
}

/** What a setting may be, in words that follow "give". */
function wantedOf(schema: TSchema | undefined): string {
  const { wanted, description } = (schema ?? {}) as { readonly wanted?: unknown; readonly description?: unknown };
  return String(wanted ?? description ?? 'what it takes');
}
