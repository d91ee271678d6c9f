import type { ConsumeMessage } from 'amqplib';
import { describe, expect, test } from 'vitest';
import { bytesOf, readMessage, writeProperties } from './wire.ts';

function message(properties: Partial<ConsumeMessage['properties']>): ConsumeMessage {
  return {
    content: Buffer.from('{}'),
    fields: { deliveryTag: 1, redelivered: false, exchange: 'ganglion', routingKey: 'm.measure', consumerTag: 'c' },
    properties: {
      contentType: undefined,
      contentEncoding: undefined,
      headers: undefined,
      deliveryMode: undefined,
      priority: undefined,
      correlationId: undefined,
      replyTo: undefined,
      expiration: undefined,
      messageId: undefined,
      timestamp: undefined,
      type: undefined,
      userId: undefined,
      appId: undefined,
      clusterId: undefined,
      ...properties,
    },
  };
}

describe('on the wire', () => {
  const properties = {
    id: 'tracker-1/7',
    sender: 'tracker-1',
    type: 'measure',
    content_type: 'application/json',
    time: '2026-01-01T00:00:00.000Z',
    hops: '[["tracker-1",1]]',
    version: '2',
    since: '1',
  };

  test("an envelope's metadata stands in AMQP's own properties and headers", () => {
    expect(writeProperties({ key: 'm.measure', payload: Buffer.from('{}'), properties }, false)).toEqual({
      persistent: true,
      mandatory: false,
      messageId: 'tracker-1/7',
      appId: 'tracker-1',
      type: 'measure',
      contentType: 'application/json',
      headers: { time: '2026-01-01T00:00:00.000Z', hops: '[["tracker-1",1]]', version: '2', since: '1' },
    });
  });

  test('and comes back as it was', () => {
    const { messageId, appId, type, contentType, headers } = writeProperties(
      { key: 'm.measure', payload: Buffer.from('{}'), properties },
      false,
    );
    const read = readMessage(message({ messageId, appId, type, contentType, headers }));
    expect(read).toEqual({ key: 'm.measure', payload: Buffer.from('{}'), properties });
  });

  test('a foreign message may have no metadata at all', () => {
    expect(Object.values(readMessage(message({})).properties).every((value) => value === undefined)).toBe(true);
  });

  test.each([
    { time: 12, hops: { a: 1 } },
    { time: { '!': 'timestamp', value: 1 }, hops: Buffer.from('[]') },
    { time: null, hops: [['x', 1]] },
    { time: true, hops: undefined },
  ])('a foreign message may have headers of other types: %o', (headers) => {
    expect(readMessage(message({ headers })).properties).toMatchObject({ time: undefined, hops: undefined });
  });

  test('a body that is no Buffer is sent without being copied', () => {
    const whole = new Uint8Array([1, 2, 3, 4]);
    const bytes = bytesOf(whole.subarray(1, 3));
    expect([...bytes]).toEqual([2, 3]);
    whole[1] = 9;
    expect([...bytes]).toEqual([9, 3]);
  });
});
