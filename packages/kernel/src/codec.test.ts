import fc from 'fast-check';
import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { BODY_BYTES_MAX, decode, encode, HOPS_MAX } from './codec.ts';
import { defineTopic, type Message } from './topic.ts';

const weather = defineTopic('weather', Type.Object({ degrees_celsius: Type.Number() }));
const bytes = (text: string) => Buffer.from(text);

function message(envelope: Parameters<typeof decode>[1]): Message {
  const result = decode(weather, envelope, 1_000);
  if ('refused' in result) throw new Error(`refused: ${result.refused}`);
  return result;
}

describe('a message on the wire', () => {
  it('comes back as it was written', () => {
    const time_ms = Date.UTC(2026, 10, 24, 12, 0, 0, 250);
    const envelope = encode(
      weather('roof.site1', { degrees_celsius: 21 }, time_ms),
      'id-1',
      'thermometer-1',
      undefined,
    );
    expect(envelope.key).toBe('roof.site1.weather');
    expect(envelope.properties).toMatchObject({
      id: 'id-1',
      sender: 'thermometer-1',
      type: 'weather',
      content_type: 'application/json',
      time: '2026-11-24T12:00:00.250Z',
    });
    expect(message(envelope)).toMatchObject({
      family: 'weather',
      source: 'roof.site1',
      body: { degrees_celsius: 21 },
      id: 'id-1',
      time_ms,
      sender: 'thermometer-1',
      received_ms: 1_000,
    });
  });

  it('carries on the time and the way of the message it answers', () => {
    const first = message(encode(weather('roof', { degrees_celsius: 21 }, 5_000), 'a', 'thermometer-1', undefined));
    const second = message(encode(weather('roof', { degrees_celsius: 22 }), 'b', 'judge-1', first));
    expect(second.time_ms).toBe(5_000);
    expect(second.hops.map(([instance]) => instance)).toEqual(['thermometer-1', 'judge-1']);
  });

  it('remembers the last steps of a long way', () => {
    let answered = message(encode(weather('roof', { degrees_celsius: 0 }), '0', 'hop-0', undefined));
    for (let i = 1; i <= 20; i++) {
      answered = message(encode(weather('roof', { degrees_celsius: i }), `${i}`, `hop-${i}`, answered));
    }
    expect(answered.hops).toHaveLength(HOPS_MAX);
    expect(answered.hops.at(-1)?.[0]).toBe('hop-20');
  });

  it('is good without any metadata', () => {
    const foreign = message({ key: 'roof.weather', payload: bytes('{"degrees_celsius":1,"new":[]}'), properties: {} });
    expect(foreign).toEqual({
      family: 'weather',
      source: 'roof',
      body: { degrees_celsius: 1, new: [] },
      id: '',
      time_ms: 1_000,
      sender: '',
      hops: [],
      received_ms: 1_000,
    });
  });

  it('is good with metadata that cannot be read', () => {
    const properties = { time: 'yesterday', hops: '[["a","b"],["c",1],7]' };
    const odd = message({ key: 'roof.weather', payload: bytes('{"degrees_celsius":1}'), properties });
    expect(odd.time_ms).toBe(1_000);
    expect(odd.hops).toEqual([['c', 1]]);
  });

  it.each([
    ['no_source', 'weather', '{"degrees_celsius":1}'],
    ['not_json', 'roof.weather', 'degrees'],
    ['not_json', 'roof.weather', ''],
    ['not_json', 'roof.weather', '{"degrees_celsius":NaN}'],
    ['wrong_type', 'roof.weather', '{"degrees_celsius":"1"}'],
    ['wrong_type', 'roof.weather', '[]'],
    ['wrong_type', 'roof.weather', 'null'],
    ['too_large', 'roof.weather', ' '.repeat(BODY_BYTES_MAX + 1)],
  ])('is refused as %s: %s %#', (reason, key, text) => {
    expect(decode(weather, { key, payload: bytes(text), properties: {} }, 0)).toMatchObject({ refused: reason });
  });

  it('is refused as not_json when it is not UTF-8', () => {
    const payload = Buffer.from([0x22, 0xff, 0x22]);
    expect(decode(weather, { key: 'roof.weather', payload, properties: {} }, 0)).toMatchObject({ refused: 'not_json' });
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), fc.string(), fc.string(), (key, payload, time, hops) => {
        decode(weather, { key, payload, properties: { time, hops } }, 0);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        decode(weather, { key: 'roof.weather', payload: bytes(text), properties: { hops: text } }, 0);
      }),
    );
  });
});
