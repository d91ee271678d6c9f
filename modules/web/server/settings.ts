// The settings of the web module.

import Type, { type Static } from 'typebox';

export const Settings = Type.Object(
  {
    port: Type.Integer({
      default: 8888,
      minimum: 0,
      maximum: 65_535,
      description: 'The port of the page and its WebSocket; 0 takes any free one.',
    }),
    host: Type.String({
      default: '127.0.0.1',
      minLength: 1,
      maxLength: 255,
      description: 'The address to listen on: 127.0.0.1 is this machine alone, 0.0.0.0 every network it is in.',
    }),
    origins: Type.Array(Type.String({ maxLength: 255 }), {
      default: [],
      maxItems: 100,
      description:
        'Other web sites whose pages may open the WebSocket, like https://monitor.example.com. A proxy that passes on its own host name is listed here too.',
    }),
    insecure: Type.Boolean({
      default: false,
      description: 'Let everyone in who reaches the page, on whatever address it listens.',
    }),
    login_on_loopback: Type.Boolean({
      default: false,
      description: 'Ask for a login on loopback too, as behind a proxy that lets others in.',
    }),
    access_dir: Type.String({
      default: 'ganglion-access',
      minLength: 1,
      maxLength: 4096,
      beside_settings_file: true,
      description: 'The folder of users, view links, sessions and the key; by default beside the settings file.',
    }),
    session_hours: Type.Integer({
      default: 168,
      minimum: 1,
      maximum: 8760,
      description: 'How long a login lasts.',
    }),
    tls_cert: Type.String({
      default: '',
      maxLength: 4096,
      description: 'File with the certificate chain of the page, PEM; read again when it changes. Empty: no TLS.',
    }),
    tls_key: Type.String({
      default: '',
      maxLength: 4096,
      description: 'File with the key of that certificate, PEM.',
    }),
    machines_max: Type.Integer({
      default: 20_000,
      minimum: 1,
      maximum: 1_000_000,
      description: 'Machines kept in memory; past that the one silent longest is forgotten.',
    }),
    clients_max: Type.Integer({
      default: 1000,
      minimum: 1,
      maximum: 100_000,
      description: 'Browsers and scripts connected at once; more are refused.',
    }),
    address_connections_max: Type.Integer({
      default: 500,
      minimum: 1,
      maximum: 100_000,
      description: 'Connections of one address at once; a proxy is one address. More are cut.',
    }),
    client_silence_ms: Type.Integer({
      default: 120_000,
      minimum: 100,
      maximum: 3_600_000,
      description: 'A client that neither takes what it is sent nor answers for so long is closed.',
    }),
    past_mebibytes: Type.Integer({
      default: 128,
      minimum: 0,
      maximum: 65_536,
      description:
        'Memory for the last 15 minutes of every machine, 0 for none; when it is used up, less far back is remembered.',
    }),
    details_mebibytes: Type.Integer({
      default: 64,
      minimum: 0,
      maximum: 65_536,
      description: 'Memory for every figure of the machines that somebody looks at, or did in the last 15 minutes.',
    }),
    status: Type.Array(
      Type.Object(
        {
          name: Type.String({
            pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
            description: 'Its address is /status/<name>: small letters, digits and -',
          }),
          title: Type.String({ minLength: 1, maxLength: 100, description: 'What people call it' }),
          parts: Type.Array(
            Type.Object(
              {
                title: Type.String({ minLength: 1, maxLength: 100, description: 'What people call it' }),
                machines: Type.String({
                  minLength: 1,
                  maxLength: 255,
                  description: 'Which machines, as a topic pattern: db.#; their names are not shown',
                }),
              },
              { additionalProperties: false },
            ),
            { minItems: 1, maxItems: 50 },
          ),
        },
        { additionalProperties: false },
      ),
      {
        default: [],
        maxItems: 20,
        description:
          'Status pages, which anyone who reaches the server may see: { name = "shop", title = "The shop", parts = [{ title = "Orders", machines = "web.#" }] }',
      },
    ),
    page_dir: Type.String({
      default: '',
      maxLength: 4096,
      description: 'The folder of the built page. Empty: the one that comes with the server.',
    }),
  },
  { additionalProperties: false },
);

export type Settings = Static<typeof Settings>;
