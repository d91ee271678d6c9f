// The web server: one subscription to every analysis, the newest of each machine in memory, and a WebSocket to each
// browser that is told what changes the moment it does.

import { createServer } from 'node:http';
import { Socket } from 'node:net';
import { CodedError, defineModule, type Log, LogLimiter, live, reasonOf } from '@ganglion/kernel';
import { alert, analysis, birth, death, order, past, silences } from '@ganglion/topics';
import { getRequestListener } from '@hono/node-server';
import { Access } from './access/access.ts';
import { limitConnections, refuseBroken } from './connections.ts';
import { isLoopback, makeDoor } from './door.ts';
import { makeHttp } from './http.ts';
import { Hub } from './hub.ts';
import { closeServer, listen, urlOf } from './listen.ts';
import { type PageFiles, readPage } from './page-files.ts';
import { Refusals } from './refusals.ts';
import { Settings } from './settings.ts';
import { StatusPages } from './status/status.ts';
import { createTlsServer } from './tls.ts';
import { acceptWebSockets } from './upgrade.ts';

/** Connections besides the clients' that are open at once, at most: those that load the page. */
const LOADING_CONNECTIONS_MAX = 256;

/** The newest state is what counts: when the server falls behind, the oldest go. */
const NEWEST = { limit_messages: 10_000, in_flight_max: 1_000 };

/** What a request may take to arrive. */
const REQUEST_MS = 10_000;
const SERVER_OPTIONS = {
  requestTimeout: REQUEST_MS,
  headersTimeout: REQUEST_MS,
  // Node looks every 30 s, and whoever sends a byte now and then would have as long.
  connectionsCheckingInterval: 1_000,
} as const;

const HOUR_MS = 3_600_000;

export default defineModule({
  name: 'web',
  listens: {
    analysis: live(analysis, NEWEST),
    birth: live(birth, NEWEST),
    death: live(death, NEWEST),
    // A storm of them, and all of them repeated, fit.
    alert: live(alert, { limit_messages: 50_000, in_flight_max: 1_000 }),
    silences: live(silences, { limit_messages: 1_000, in_flight_max: 100 }),
  },
  publishes: { order },
  asks: { past },
  config: Settings,
  start: async (context) => {
    const { config, instance, bus, log, count, emit, stopping, onStop } = context;
    const page = readPageOrSay(config.page_dir, log);
    const tls = config.tls_cert !== '' || config.tls_key !== '';
    const server = tls ? createTlsServer(config, SERVER_OPTIONS, log) : createServer(SERVER_OPTIONS);
    const refusals = new Refusals(log, count);
    server.maxConnections = config.clients_max + LOADING_CONNECTIONS_MAX;
    server.on('drop', (dropped) => refuseConnection(dropped?.remoteAddress));
    server.on('tlsClientError', (_error, socket) => refusals.add('tls', 'a handshake', socket.remoteAddress));
    limitConnections(server, config.address_connections_max, refuseConnection);
    refuseBroken(server, (what, from) => refusals.add('request', what, from));
    const address = await listen(server, config.host, config.port);
    onStop(() => closeServer(server));

    // Nothing is answered before the listeners below are there: nobody gets in while this decides.
    const access = openAccess(config, address.address, log);
    const hub = new Hub({
      ...config,
      server: instance,
      bus,
      count,
      listen: context.listen,
      tap: context.tap,
      order: (body) => emit(order(instance, body)),
      ask: (source, asked) => context.ask(past, source, asked),
      ended: (passes) => access.ended(passes),
      onRefused: (what, from) => refusals.add('message', what, from instanceof Socket ? from.remoteAddress : undefined),
    });
    onStop(() => hub.close());

    const entries = new LogLimiter();
    const status = new StatusPages({
      pages: config.status,
      fleet: hub.fleet,
      alerts: hub.alerts,
      ask: async (asked) => {
        const answered = await context.ask(past, 'fleet', asked);
        return answered.what === 'events' ? answered : { events: [] };
      },
      oldest: async () => {
        if (!hub.system.is_recorded) return undefined;
        const answered = await context.ask(past, 'fleet', { what: 'extent' });
        return answered.what === 'extent' ? answered.oldest_ms : undefined;
      },
      onFault: (error) => {
        count('status_not_read');
        if (entries.pass('status') !== undefined)
          log.warn({}, `status pages: what was cannot be read, ${reasonOf(error)}`);
      },
    });
    onStop(() => status.close());

    const door = makeDoor(config.origins, isLoopback(address.address));
    const health = (whole: boolean) => ({
      status: 'ok',
      bus: bus.status.connected ? 'connected' : 'away',
      ...(whole ? { clients: hub.clients, machines: hub.fleet.size } : {}),
    });
    const onEntry = (text: string) => {
      if (entries.pass('entry') !== undefined) log.info({}, text);
      // A session that has just ended takes its sockets with it.
      hub.recheck();
    };
    const http = makeHttp({ door, access, refusals, onEntry, page, status: (name) => status.page(name), health });
    server.on('request', getRequestListener(http.fetch, { overrideGlobalObjects: false }));
    acceptWebSockets(server, {
      door,
      access,
      refusals,
      closed: ({ scope }) => {
        if (stopping.aborted) return 'The server stops.';
        if (!hub.hasRoomFor(scope)) return 'Too many different links are open already.';
        return hub.clients < config.clients_max ? undefined : `There are ${config.clients_max} clients already.`;
      },
      onClient: (socket, stream, dialect, pass) => hub.add(socket, stream, dialect, pass),
      count,
    });

    const url = urlOf(address, tls);
    log.info({ url, address: address.address, port: address.port }, `the page is at ${url}`);
    return {
      analysis: (message) => hub.hear(message),
      birth: ({ source, body }) => {
        if (body.kind === 'machine') hub.revive(source, body.about['labels']);
        else {
          hub.system.born(source, body);
          if (hub.system.is_recorded) status.wake();
        }
        if (source === instance && body.repeated !== true) hub.callTheRoll();
      },
      death: ({ source, body }) => {
        const { kind, cause, died_ms, last_seen_ms } = body;
        if (kind === 'machine') hub.bury(source, { cause, died_ms }, last_seen_ms);
        else hub.buryInstance(source, body);
      },
      alert: ({ source, body }) => hub.hearAlert(source, body),
      silences: ({ source, body }) => hub.hearSilences(source, body),
    };

    function refuseConnection(from: string | undefined): void {
      count('connections_refused');
      refusals.add('connection', 'one connection more', from);
    }
  },
});

/** Loopback and whoever says so are open; everywhere else somebody has to log in. */
function openAccess(config: Settings, address: string, log: Log): Access {
  const loopback = isLoopback(address);
  const { insecure, login_on_loopback, access_dir, session_hours } = config;
  const open = insecure || (loopback && !login_on_loopback);
  if (open && !loopback) log.warn({}, `everyone who reaches ${address} is let in, without a login`);
  return new Access({
    served_on: address,
    access_dir,
    open_role: open ? (loopback ? 'admin' : 'viewer') : undefined,
    tls: config.tls_cert !== '',
    session_ms: session_hours * HOUR_MS,
    log,
  });
}

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
