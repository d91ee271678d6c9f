// The command's own settings, in the same form as a module's.

import Type, { type Static } from 'typebox';

/**
 * The exchange of the ancestor's programs. They declare it as not durable, and would be refused if it stood otherwise:
 * made by us it must be like that, so that either may come first.
 */
export const ANCESTORS_EXCHANGE = 'my_exchange';

export const own = Type.Object(
  {
    broker: Type.Optional(
      Type.String({ description: 'RabbitMQ: amqp://user:password@host:5672/vhost, or amqps:// for TLS' }),
    ),
    broker_ca: Type.Optional(Type.String({ description: "File with the authority of the broker's certificate, PEM" })),
    broker_cert: Type.Optional(Type.String({ description: 'File with our certificate for the broker, PEM' })),
    broker_key: Type.Optional(Type.String({ description: 'File with the key of our certificate, PEM' })),
    exchange: Type.String({
      default: 'ganglion',
      minLength: 1,
      maxLength: 127,
      description: 'The topic exchange; taken as it is if it stands already',
    }),
    exchange_durable: Type.Optional(
      Type.Boolean({
        description: `Whether the exchange outlives the broker if we make it; true, but false for ${ANCESTORS_EXCHANGE}`,
      }),
    ),
    buffer_messages: Type.Integer({
      default: 10_000,
      minimum: 1,
      maximum: 1_000_000,
      description: 'Messages kept while the broker is away; past that the oldest go',
    }),
    spool: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Folder where measures wait past that, or none; "run tracker" has one of its own by default',
      }),
    ),
    spool_bytes: Type.Integer({
      default: 64 * 1024 * 1024,
      minimum: 4 * 1024 * 1024,
      maximum: 1024 * 1024 * 1024,
      description: 'Bytes of that folder, at most; past that the oldest go',
    }),
    spool_age_ms: Type.Integer({
      default: 24 * 60 * 60 * 1000,
      minimum: 1000,
      description: 'How long a measure may wait there',
    }),
    log_level: Type.Enum(['debug', 'info', 'warn', 'error'], {
      default: 'info',
      description: 'The least that is logged',
    }),
    health_file: Type.Optional(
      Type.String({ minLength: 1, description: 'File written each second while the broker is connected' }),
    ),
  },
  { additionalProperties: false },
);

/** The command's own settings, checked. */
export type OwnSettings = Static<typeof own>;
