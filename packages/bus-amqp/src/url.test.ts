import { CodedError } from '@ganglion/kernel';
import { describe, expect, test } from 'vitest';
import { type Broker, type BrokerNode, inAnyOrder, nextAfter, readBrokerUrl } from './url.ts';

describe('a broker URL', () => {
  test('needs no more than a host', () => {
    expect(readBrokerUrl('amqp://db-01')).toEqual({
      tls: false,
      nodes: [{ hostname: 'db-01', port: 5672, shown: 'amqp://guest@db-01:5672' }],
      username: 'guest',
      password: 'guest',
      vhost: '/',
      heartbeat_s: 5,
      shown: 'amqp://guest@db-01:5672',
    });
  });

  test('says everything that can be said', () => {
    expect(readBrokerUrl('amqps://me:s3cret@[::1]:1234/plant?heartbeat=30')).toEqual({
      tls: true,
      nodes: [{ hostname: '::1', port: 1234, shown: 'amqps://me@[::1]:1234/plant' }],
      username: 'me',
      password: 's3cret',
      vhost: 'plant',
      heartbeat_s: 30,
      shown: 'amqps://me@[::1]:1234/plant',
    });
  });

  test('may name the nodes of a cluster, whose user, virtual host and heartbeat are the same', () => {
    expect(readBrokerUrl('amqp://me:s3,cr%40t@a,[::1]:1234,c:5673/plant?heartbeat=30')).toEqual({
      tls: false,
      nodes: [
        { hostname: 'a', port: 5672, shown: 'amqp://me@a:5672/plant' },
        { hostname: '::1', port: 1234, shown: 'amqp://me@[::1]:1234/plant' },
        { hostname: 'c', port: 5673, shown: 'amqp://me@c:5673/plant' },
      ],
      username: 'me',
      password: 's3,cr@t',
      vhost: 'plant',
      heartbeat_s: 30,
      shown: 'amqp://me@a:5672,[::1]:1234,c:5673/plant',
    });
  });

  test('uses the TLS port with amqps', () => {
    expect(readBrokerUrl('amqps://h').nodes).toMatchObject([{ port: 5671 }]);
  });

  test('may hold any character percent-encoded', () => {
    const broker = readBrokerUrl('amqp://m%C3%BCller:p%40%2F%25@h/%2Fa%20b');
    expect(broker).toMatchObject({ username: 'müller', password: 'p@/%', vhost: '/a b' });
  });

  test.each(['amqp://h', 'amqp://h/', 'amqp://h/%2F', 'amqp://h//'])('%s means the default virtual host', (text) => {
    expect(readBrokerUrl(text).vhost).toBe('/');
  });

  test('turns heartbeats off with 0', () => {
    expect(readBrokerUrl('amqp://h?heartbeat=0').heartbeat_s).toBe(0);
  });

  test.each([
    ['', 'not a URL'],
    ['localhost', 'not a URL'],
    ['localhost:5672', 'amqp://'],
    ['http://localhost', 'amqp://'],
    ['amqp:localhost', 'no host'],
    ['amqp://', 'no host'],
    ['amqp://h:99999', 'not a URL'],
    ['amqp://h:0', 'port 0'],
    ['amqp://me:hunter2#x@h', ''],
    ['amqp://me:hunter2%zz@h', '%'],
    ['amqp://h#part', '%23'],
    ['amqp://h?heartbeat=soon', 'heartbeat'],
    ['amqp://h?heartbeat=-1', 'heartbeat'],
    ['amqp://h?heartbeat=99999', 'heartbeat'],
    ['amqp://h?frame_max=1', 'parameter'],
    ['amqp://a,', 'no host'],
    ['amqp://a,,b', 'no host'],
    ['amqp://me:hunter2@,b', ''],
    ['amqp://a,b,a:5672', 'twice'],
    [`amqp://${Array.from({ length: 17 }, (_, i) => `h${i}`)}`, '16'],
    ['amqp://me:hunter2@a,amqp://me:hunter2@b', 'host:port'],
    ['amqp://me:hunter2@a,AMQPS://me:hunter2@b', 'host:port'],
  ])('"%s" is told to be wrong', (text, why) => {
    const error = thrownBy(() => readBrokerUrl(text));
    expect(error).toBeInstanceOf(CodedError);
    expect(error).toMatchObject({ code: 'BROKER_URL_INVALID', configuration: true });
    expect(String(error)).toContain(why);
    expect(String(error)).not.toContain('hunter2');
  });
});

describe('the nodes of a broker', () => {
  const hostnamesOf = ({ nodes }: Broker) => nodes.map(({ hostname }) => hostname);
  const broker = readBrokerUrl('amqp://a,b,c');

  test('come round: after one of them, those that follow it, then those before', () => {
    const [a, b, c] = broker.nodes as [BrokerNode, BrokerNode, BrokerNode];
    expect(hostnamesOf(nextAfter(broker, a))).toEqual(['b', 'c', 'a']);
    expect(hostnamesOf(nextAfter(broker, b))).toEqual(['c', 'a', 'b']);
    expect(hostnamesOf(nextAfter(broker, c))).toEqual(['a', 'b', 'c']);
  });

  test('are each somebody’s first, so that a fleet spreads over them', () => {
    const firsts = new Set(Array.from({ length: 1_000 }, () => hostnamesOf(inAnyOrder(broker))[0]));
    expect([...firsts].sort()).toEqual(['a', 'b', 'c']);
    expect(hostnamesOf(inAnyOrder(broker)).sort()).toEqual(['a', 'b', 'c']);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
