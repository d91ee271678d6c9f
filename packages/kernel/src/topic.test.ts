import fc from 'fast-check';
import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { defineTopic, KEY_BYTES_MAX, routingKey, splitKey } from './topic.ts';

const weather = defineTopic('weather', Type.Object({ degrees_celsius: Type.Number() }));

describe('a topic', () => {
  it('makes a draft about a source', () => {
    expect(weather('roof', { degrees_celsius: 21 }, 5)).toEqual({
      family: 'weather',
      source: 'roof',
      body: { degrees_celsius: 21 },
      time_ms: 5,
    });
  });

  it('checks a value and keeps fields it does not know', () => {
    expect(weather.check({ degrees_celsius: 21, wind: 'calm' })).toBe(true);
    expect(weather.check({ degrees_celsius: 'warm' })).toBe(false);
    expect(weather.check({ degrees_celsius: Number.NaN })).toBe(false);
    expect(weather.check(null)).toBe(false);
  });

  it('says what is wrong with a value', () => {
    expect(weather.explain({ degrees_celsius: 'warm' })).toBe('/degrees_celsius: must be number');
    expect(weather.explain({ degrees_celsius: 21 })).toBe('');
  });

  it.each(['', 'two words', 'a.b', 'Weather', 'x'.repeat(65)])('cannot be named %j', (family) => {
    expect(() => defineTopic(family, Type.Object({}))).toThrow(expect.objectContaining({ code: 'FAMILY_INVALID' }));
  });
});

describe('a routing key', () => {
  it('holds dots, capitals, spaces and letters of any script', () => {
    for (const source of ['db-01.example.com', 'My Laptop', 'büro-größe', '机器.东京', '.hidden']) {
      expect(splitKey(routingKey(source, 'measure'))).toEqual({ source, family: 'measure' });
    }
  });

  it('is at most 255 bytes, counted in UTF-8', () => {
    expect(KEY_BYTES_MAX).toBe(255);
    expect(routingKey('a'.repeat(247), 'measure')).toHaveLength(255);
    expect(() => routingKey('a'.repeat(248), 'measure')).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }));
    expect(() => routingKey('机'.repeat(83), 'measure')).toThrow('257 bytes of at most 255');
  });

  it.each(['', 'a\nb', 'a\u0000'])('cannot hold the source %j', (source) => {
    expect(() => routingKey(source, 'measure')).toThrow(
      expect.objectContaining({ code: 'KEY_INVALID', configuration: true }),
    );
  });

  it.each(['', 'measure', '.measure', 'db-01.', '.'])('%j names no source and family', (key) => {
    expect(splitKey(key)).toBeUndefined();
  });

  it('is split at its last dot, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 80 }), (source) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are refused, as tested above.
        fc.pre(!/[\u0000-\u001f\u007f]/.test(source));
        expect(splitKey(routingKey(source, 'x'))).toEqual({ source, family: 'x' });
      }),
    );
  });
});
