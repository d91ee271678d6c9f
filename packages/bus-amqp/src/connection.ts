// One connection to the broker, from the socket to its end, and what a failed attempt means.

import { connect as openSocket, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { CodedError, reasonOf } from '@ganglion/kernel';
import { type ChannelModel, connect } from 'amqplib';
import { brokerLoginRefused, brokerLost, brokerTlsFailed, brokerUnreachable, brokerVhostRefused } from './errors.ts';
import { codeOf } from './replies.ts';
import { within } from './retry.ts';
import type { Broker, BrokerNode } from './url.ts';

/** What an orderly close may take before the socket is cut. */
const CLOSE_MS = 1000;

/** TLS files, as their contents (PEM). Default: the system's authorities and no certificate of our own. */
export interface TlsFiles {
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
}

export interface ConnectionOptions {
  /** Its nodes are tried in their order. */
  readonly broker: Broker;
  /** The client property `connection_name`, which RabbitMQ shows as `user_provided_name`. */
  readonly name: string;
  readonly tls: TlsFiles;
  /** What opening may take at each node, from the first packet to the broker's last word. */
  readonly connect_timeout_ms: number;
}

/** A connection that is open, or was. */
export interface Connection {
  /** Where it leads. */
  readonly node: BrokerNode;
  readonly model: ChannelModel;
  /** Aborted when it has ended, however that came. */
  readonly over: AbortSignal;
  /** Resolves when it has ended, with the reason. */
  readonly ended: Promise<Error>;
  /** Closes it in order, or cuts it when that takes too long. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Opens a connection to the first node that takes it. Fails when every node has been tried, with what the first of them
 * said that answered at all.
 *
 * @param giving_up aborts the attempt, and cuts the connection at any time after
 * @throws CodedError `BROKER_UNREACHABLE`, `BROKER_LOGIN_REFUSED`, `BROKER_VHOST_REFUSED`, `BROKER_TLS_FAILED`
 */
export async function openConnection(options: ConnectionOptions, giving_up: AbortSignal): Promise<Connection> {
  const { broker } = options;
  const failures: CodedError[] = [];
  for (const node of broker.nodes) {
    try {
      return await connectTo(node, options, giving_up);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      failures.push(error);
      if (giving_up.aborted) break;
    }
  }
  const [first] = failures;
  const answered = failures.find(({ code }) => code !== 'BROKER_UNREACHABLE');
  if (answered !== undefined || failures.length === 1) throw answered ?? first;
  throw brokerUnreachable(broker.shown, failures.map(({ parts }) => parts.why).join('; '), first);
}

async function connectTo(node: BrokerNode, options: ConnectionOptions, giving_up: AbortSignal): Promise<Connection> {
  const { broker, name, tls, connect_timeout_ms } = options;
  // The library ends a lost connection without destroying its socket: with a peer that answers no more, that socket
  // would keep the process alive. A signal of our own can destroy it at any time, also while it is being opened.
  const cut = new AbortController();
  const signal = AbortSignal.any([cut.signal, giving_up]);
  let model: ChannelModel;
  try {
    model = await connect(
      {
        protocol: broker.tls ? 'amqps' : 'amqp',
        hostname: node.hostname,
        port: node.port,
        username: broker.username,
        password: broker.password,
        // The library decodes it once more.
        vhost: encodeURIComponent(broker.vhost),
        heartbeat: broker.heartbeat_s,
      },
      {
        noDelay: true,
        timeout: connect_timeout_ms,
        clientProperties: { connection_name: name },
        ...(broker.tls ? { ...tls, socket: plainSocket(node, signal) } : { signal }),
      },
    );
  } catch (error) {
    cut.abort();
    throw whyNot(node, broker.vhost, error);
  }
  writeTogether(model);

  const over = new AbortController();
  const ended = new Promise<Error>((resolve) => {
    let reason: unknown;
    model.on('error', (error) => {
      reason = error;
    });
    model.on('close', (error) => {
      cut.abort();
      resolve(brokerLost(node.shown, reasonOf(error ?? reason ?? 'closed by us'), error ?? reason));
      over.abort();
    });
  });

  return {
    node,
    model,
    over: over.signal,
    ended,
    async close() {
      if (!over.signal.aborted) await within(model.close(), CLOSE_MS);
      cut.abort();
    },
  };
}

/**
 * Lets all that is written in one turn of the event loop leave in one system call. The library writes each message by
 * itself, which is most of what a burst of them costs here and at the broker. Its socket is no public part of it; where
 * there is none by that name, messages leave one by one.
 */
function writeTogether({ connection }: ChannelModel): void {
  const socket: unknown = Reflect.get(connection, 'stream');
  if (!(socket instanceof Writable)) return;
  const write = socket.write;
  let corked = false;
  const uncork = () => {
    corked = false;
    socket.uncork();
  };
  socket.write = (...given: unknown[]): boolean => {
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(uncork);
    }
    return Reflect.apply(write, socket, given);
  };
}

/** The socket under TLS: TLS itself takes no signal. */
function plainSocket({ hostname, port }: BrokerNode, signal: AbortSignal): Socket {
  const socket = openSocket({ host: hostname, port, signal });
  // Its errors reach us through TLS, except when the TLS settings are so wrong that it is never used.
  socket.on('error', () => {});
  return socket;
}

/** What a failed attempt means. The library's texts tell some of it; the versions seen say so in the tests. */
function whyNot({ shown }: BrokerNode, vhost: string, error: unknown): CodedError {
  const text = firstReason(error);
  const code = codeOf(error);
  if (text.includes('ACCESS_REFUSED')) return brokerLoginRefused(shown, error);
  // The broker closes instead of opening the virtual host; the library does not pass on what it says.
  if (text.includes('Expected ConnectionOpenOk')) return brokerVhostRefused(shown, vhost, error);
  if (typeof code === 'string' && /^ERR_(TLS|SSL|OSSL)_|CERT|^UNABLE_TO_|^EPROTO$/.test(code)) {
    return brokerTlsFailed(shown, tlsReason(error) ?? text, error);
  }
  return brokerUnreachable(shown, text, error);
}

/** OpenSSL's reason without its line of source code, and in plain words where what came back was no TLS at all. */
function tlsReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('reason' in error) || typeof error.reason !== 'string') return undefined;
  const foreign = /wrong version number|packet length too long|record layer failure/.test(error.reason);
  return foreign ? 'what answers there speaks no TLS' : error.reason;
}

/** A host with several addresses fails with one error for each, and an empty text of its own. */
function firstReason(error: unknown): string {
  return reasonOf(error instanceof AggregateError && error.message === '' ? error.errors[0] : error);
}
