// Where the broker is: reads an AMQP URL. https://www.rabbitmq.com/docs/uri-spec

import { brokerUrlInvalid } from './errors.ts';

/** Heartbeats when the URL does not say: seconds. A frozen broker is noticed after two to three of them. */
export const HEARTBEAT_DEFAULT_S = 5;

/** The longest heartbeat a URL may ask for: seconds. */
const HEARTBEAT_MAX_S = 3600;

/** A broker's address and how to log in. */
export interface Broker {
  readonly tls: boolean;
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
  /** Seconds; 0 for none. */
  readonly heartbeat_s: number;
  /** The URL without its password, for logs and errors. */
  readonly shown: string;
}

/**
 * Reads `amqp[s]://[user[:password]@]host[:port][/vhost][?heartbeat=seconds]`. Defaults: guest, guest, port 5672 (5671
 * with TLS), vhost `/`, heartbeat {@link HEARTBEAT_DEFAULT_S}. What stands between the marks may be percent-encoded.
 *
 * @throws CodedError `BROKER_URL_INVALID`
 */
export function readBrokerUrl(text: string): Broker {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw brokerUrlInvalid('it is not a URL');
  }
  if (url.protocol !== 'amqp:' && url.protocol !== 'amqps:') {
    throw brokerUrlInvalid('it does not begin with amqp:// or amqps://');
  }
  if (url.hostname === '') throw brokerUrlInvalid('it names no host');
  if (url.hash !== '') throw brokerUrlInvalid('it holds a "#", which has to be written as %23');
  if (url.port === '0') throw brokerUrlInvalid('port 0 is none');

  const tls = url.protocol === 'amqps:';
  const port = url.port === '' ? (tls ? 5671 : 5672) : Number(url.port);
  const anonymous = url.username === '' && url.password === '';
  const username = anonymous ? 'guest' : decoded(url.username);
  const vhost = url.pathname.length <= 1 ? '/' : decoded(url.pathname.slice(1));
  const path = vhost === '/' ? '' : `/${encodeURIComponent(vhost)}`;
  return {
    tls,
    hostname: decoded(url.hostname.replace(/^\[(.*)\]$/, '$1')),
    port,
    username,
    password: anonymous ? 'guest' : decoded(url.password),
    vhost,
    heartbeat_s: readHeartbeat(url.searchParams),
    shown: `${url.protocol}//${encodeURIComponent(username)}@${url.hostname}:${port}${path}`,
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw brokerUrlInvalid('it holds a "%" that begins no percent-encoded character');
  }
}

function readHeartbeat(parameters: URLSearchParams): number {
  for (const name of parameters.keys()) {
    if (name !== 'heartbeat') throw brokerUrlInvalid('the only parameter it may have is "heartbeat"');
  }
  const text = parameters.get('heartbeat');
  if (text === null) return HEARTBEAT_DEFAULT_S;
  const heartbeat_s = Number(text);
  if (!/^\d+$/.test(text) || heartbeat_s > HEARTBEAT_MAX_S) {
    throw brokerUrlInvalid(`its heartbeat is not a number of seconds from 0 to ${HEARTBEAT_MAX_S}`);
  }
  return heartbeat_s;
}
