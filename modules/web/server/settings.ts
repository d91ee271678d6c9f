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
    client_silence_ms: Type.Integer({
      default: 120_000,
      minimum: 100,
      maximum: 3_600_000,
      description: 'A client that neither takes what it is sent nor answers for so long is closed.',
    }),
    page_dir: Type.String({
      default: '',
      maxLength: 4096,
      description: 'The folder of the built page. Empty: the one that comes with the server.',
    }),
  },
  { additionalProperties: false },
);

export type Settings = Static<typeof Settings>;
