import { CodedError } from '@ganglion/kernel';
import { describe, expect, test } from 'vitest';
import { readBrokerUrl } from './url.ts';

describe('a broker URL', () => {
  test('needs no more than a host', () => {
    expect(readBrokerUrl('amqp://db-01')).toEqual({
      tls: false,
      hostname: 'db-01',
      port: 5672,
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
      hostname: '::1',
      port: 1234,
      username: 'me',
      password: 's3cret',
      vhost: 'plant',
      heartbeat_s: 30,
      shown: 'amqps://me@[::1]:1234/plant',
    });
  });

  test('uses the TLS port with amqps', () => {
    expect(readBrokerUrl('amqps://h').port).toBe(5671);
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
  ])('"%s" is told to be wrong', (text, why) => {
    const error = thrownBy(() => readBrokerUrl(text));
    expect(error).toBeInstanceOf(CodedError);
    expect(error).toMatchObject({ code: 'BROKER_URL_INVALID', configuration: true });
    expect(String(error)).toContain(why);
    expect(String(error)).not.toContain('hunter2');
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
