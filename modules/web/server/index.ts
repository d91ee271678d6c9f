// The web server: one subscription to every analysis, the newest of each machine in memory, and a WebSocket to each
// browser that is told what changes the moment it does.

import { createServer } from 'node:http';
import { CodedError, defineModule, type Log, live } from '@ganglion/kernel';
import { analysis, birth, death } from '@ganglion/topics';
import { getRequestListener } from '@hono/node-server';
import { isLoopback, makeDoor } from './door.ts';
import { makeHttp } from './http.ts';
import { Hub } from './hub.ts';
import { closeServer, listen, urlOf } from './listen.ts';
import { type PageFiles, readPage } from './page-files.ts';
import { Settings } from './settings.ts';
import { acceptWebSockets } from './upgrade.ts';

/** Connections besides the clients' that are open at once, at most: those that load the page. */
const LOADING_CONNECTIONS_MAX = 256;

/** The newest state is what counts: when the server falls behind, the oldest go. */
const NEWEST = { limit_messages: 10_000, in_flight_max: 1_000 };

/** What a request may take to arrive. */
const REQUEST_MS = 10_000;

export default defineModule({
  name: 'web',
  listens: { analysis: live(analysis, NEWEST), birth: live(birth, NEWEST), death: live(death, NEWEST) },
  config: Settings,
  start: async ({ config, instance, bus, log, count, stopping, onStop }) => {
    const page = readPageOrSay(config.page_dir, log);
    const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS });
    server.maxConnections = config.clients_max + LOADING_CONNECTIONS_MAX;
    server.on('drop', () => count('connections_refused'));
    const address = await listen(server, config.host, config.port);
    onStop(() => closeServer(server));

    const hub = new Hub({ ...config, server: instance, bus, count });
    onStop(() => hub.close());

    const door = makeDoor(config.origins, isLoopback(address.address));
    const health = () => ({
      status: 'ok',
      bus: bus.status.connected ? 'connected' : 'away',
      clients: hub.clients,
      machines: hub.fleet.size,
    });
    server.on('request', getRequestListener(makeHttp({ door, page, health }).fetch, { overrideGlobalObjects: false }));
    acceptWebSockets(server, {
      door,
      closed: () => {
        if (stopping.aborted) return 'The server stops.';
        return hub.clients < config.clients_max ? undefined : `There are ${config.clients_max} clients already.`;
      },
      onClient: (socket, stream, dialect) => hub.add(socket, stream, dialect),
      count,
    });

    const url = urlOf(address);
    log.info({ url, address: address.address, port: address.port }, `the page is at ${url}`);
    return {
      analysis: (message) => hub.hear(message),
      birth: ({ source, body }) => {
        if (body.kind === 'machine') hub.revive(source);
      },
      death: ({ source, body: { kind, cause, died_ms, last_seen_ms } }) => {
        if (kind === 'machine') hub.bury(source, { cause, died_ms }, last_seen_ms);
      },
    };
  },
});

/** A page set wrongly ends the start; one that was not built yet does not keep scripts from the WebSocket. */
function readPageOrSay(page_dir: string, log: Log): PageFiles | undefined {
  try {
    return readPage(page_dir);
  } catch (error) {
    if (page_dir !== '' || !(error instanceof CodedError)) throw error;
    log.warn({ code: error.code }, error.message);
    return undefined;
  }
}
