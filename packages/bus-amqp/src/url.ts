// Where the broker is: reads an AMQP URL. https://www.rabbitmq.com/docs/uri-spec

import { brokerUrlInvalid } from './errors.ts';

/** Heartbeats when the URL does not say: seconds. A frozen broker is noticed after two to three of them. */
export const HEARTBEAT_DEFAULT_S = 5;

/** The longest heartbeat a URL may ask for: seconds. */
const HEARTBEAT_MAX_S = 3600;

/** The most nodes a URL may name: each is tried before there is a wait. */
const NODES_MAX = 16;

/** How to log in at a broker, and where its nodes are: one, or the several of a cluster. */
export interface Broker {
  readonly tls: boolean;
  /** One at least. */
  readonly nodes: readonly BrokerNode[];
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
  /** Seconds; 0 for none. */
  readonly heartbeat_s: number;
  /** The URL without its password, for logs and errors. */
  readonly shown: string;
}

/** An address at which a broker answers. */
export interface BrokerNode {
  readonly hostname: string;
  readonly port: number;
  /** The broker's URL as if this were its only node, without the password. */
  readonly shown: string;
}

/**
 * Reads `amqp[s]://[user[:password]@]host[:port][,host[:port]…][/vhost][?heartbeat=seconds]`. Defaults: guest, guest, port
 * 5672 (5671 with TLS), vhost `/`, heartbeat {@link HEARTBEAT_DEFAULT_S}. What stands between the marks may be
 * percent-encoded. The hosts are nodes of one cluster, which have users and virtual hosts in common.
 *
 * @throws CodedError `BROKER_URL_INVALID`
 */
export function readBrokerUrl(text: string): Broker {
  // Else the rest of the second would pass for a virtual host, and its password be shown.
  if (/,\s*amqps?:/i.test(text))
    throw brokerUrlInvalid('hosts after the first are written as host:port, with no amqp:// before them');
  // What stands before the hosts, the hosts, and what stands after them. A list of them is no URL, each of them alone is.
  const [, before = '', hosts = '', after = ''] = /^([^:]*:\/\/(?:[^/?#]*@)?)([^/?#]*)(.*)$/s.exec(text) ?? [];
  const urls = before === '' ? [readUrl(text)] : hosts.split(',').map((host) => readUrl(before + host + after));
  if (urls.length > NODES_MAX) throw brokerUrlInvalid(`it names more than ${NODES_MAX} hosts`);
  const [url] = urls;
  if (url === undefined) throw brokerUrlInvalid('it names no host');

  const anonymous = url.username === '' && url.password === '';
  const username = anonymous ? 'guest' : decoded(url.username);
  const vhost = url.pathname.length <= 1 ? '/' : decoded(url.pathname.slice(1));
  const path = vhost === '/' ? '' : `/${encodeURIComponent(vhost)}`;
  const show = (places: readonly string[]) =>
    `${url.protocol}//${encodeURIComponent(username)}@${places.join(',')}${path}`;
  const places = urls.map((each) => `${each.hostname}:${portOf(each)}`);
  if (new Set(places).size < places.length) throw brokerUrlInvalid('it names a host twice');
  return {
    tls: url.protocol === 'amqps:',
    nodes: urls.map((each, i) => ({
      hostname: decoded(each.hostname.replace(/^\[(.*)\]$/, '$1')),
      port: portOf(each),
      shown: show(places.slice(i, i + 1)),
    })),
    username,
    password: anonymous ? 'guest' : decoded(url.password),
    vhost,
    heartbeat_s: readHeartbeat(url.searchParams),
    shown: show(places),
  };
}

/** A URL with one host. */
function readUrl(text: string): URL {
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
  return url;
}

function portOf({ protocol, port }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'amqps:' ? 5671 : 5672;
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

/** The same broker with its nodes in an order of chance, so that many who connect spread over them. */
export function inAnyOrder(broker: Broker): Broker {
  const drawn = broker.nodes.map((node) => ({ node, by: Math.random() })).sort((a, b) => a.by - b.by);
  return { ...broker, nodes: drawn.map(({ node }) => node) };
}

/** The same broker with this node last, and first the one that follows it. */
export function nextAfter(broker: Broker, node: BrokerNode): Broker {
  const after = broker.nodes.indexOf(node) + 1;
  return { ...broker, nodes: [...broker.nodes.slice(after), ...broker.nodes.slice(0, after)] };
}
