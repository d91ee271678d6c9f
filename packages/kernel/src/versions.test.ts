import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VERSIONS_BYTES_MAX, VERSIONS_MAX, Versions } from './versions.ts';

const KEY = 'm.measure';

/** What the listener gets of each message of one sender: `[version, since, body]`. */
function heard(...messages: readonly (readonly [string | undefined, string | undefined, object])[]): unknown[] {
  const versions = new Versions();
  return messages.map(([version, since, body], n) =>
    versions.complete(KEY, body, { sender: 'tracker-1', time: `2026-01-01T00:00:0${n}.000Z`, version, since }, 10),
  );
}

describe('a body that has but what differs', () => {
  it('is put together with the version that it builds on', () => {
    const whole = { cpu: 1, memory: { used: 5, free: 7 }, cores: [1, 2] };
    const all = heard(
      ['1', undefined, whole],
      ['2', '1', { cpu: 2, memory: { used: 6 } }],
      ['3', '2', { cpu: 3, cores: [3] }],
      ['4', '3', { cpu: 4, cores: null, memory: { free: null, cached: { now: 1 } } }],
    );
    expect(all).toEqual([
      whole,
      { cpu: 2, memory: { used: 6, free: 7 }, cores: [1, 2] },
      { cpu: 3, memory: { used: 6, free: 7 }, cores: [3] },
      { cpu: 4, memory: { used: 6, cached: { now: 1 } } },
    ]);
    expect(whole).toEqual({ cpu: 1, memory: { used: 5, free: 7 }, cores: [1, 2] });
  });

  it('comes as it is to who missed that version, until the next whole one', () => {
    const all = heard(
      ['2', '1', { cpu: 2, load: null }],
      ['3', undefined, { cpu: 3, load: 1 }],
      ['5', '4', { cpu: 5 }],
      ['6', '5', { cpu: 6 }],
      ['7', undefined, { cpu: 7, load: 2 }],
      ['8', '7', { cpu: 8 }],
    );
    expect(all).toEqual([
      { cpu: 2 },
      { cpu: 3, load: 1 },
      { cpu: 5 },
      { cpu: 6 },
      { cpu: 7, load: 2 },
      { cpu: 8, load: 2 },
    ]);
  });

  it('is not put to what another sender says of the same source', () => {
    const versions = new Versions();
    versions.complete(KEY, { cpu: 1, load: 1 }, { sender: 'a', version: '1' }, 10);
    expect(versions.complete(KEY, { cpu: 2 }, { sender: 'b', version: '2', since: '1' }, 10)).toEqual({ cpu: 2 });
  });

  it('is not put to an older whole one that is sent again', () => {
    const versions = new Versions();
    const say = (version: string, since: string | undefined, body: object, second: number) =>
      versions.complete(KEY, body, { sender: 'a', version, since, time: `2026-01-01T00:00:0${second}.000Z` }, 10);
    say('5', undefined, { cpu: 5, load: 5 }, 5);
    expect(say('1', undefined, { cpu: 1, load: 1 }, 1)).toEqual({ cpu: 1, load: 1 });
    expect(say('6', '5', { cpu: 6 }, 6)).toEqual({ cpu: 6, load: 5 });
  });

  it('leaves what is no object and what would change an object alone', () => {
    const versions = new Versions();
    versions.complete(KEY, { a: 1 }, { version: '1' }, 10);
    const body = versions.complete(KEY, JSON.parse('{"__proto__":{"x":1},"a":2}'), { version: '2', since: '1' }, 10);
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
    expect(body).toEqual({ a: 2 });
  });

  it('may be anything, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.json())), (messages) => {
        const versions = new Versions();
        for (const [version, since, text] of messages) {
          versions.complete(KEY, JSON.parse(text), { version: `${version}`, since: `${since}` }, 10);
          versions.complete(KEY, JSON.parse(text), { version: `${version}` }, 10);
        }
      }),
    );
    const deep = JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`);
    const versions = new Versions();
    versions.complete(KEY, deep, { version: '1' }, 10);
    expect(versions.complete(KEY, deep, { version: '2', since: '1' }, 10)).toHaveProperty('a');
  });
});

describe('what is kept of sources', () => {
  it('is nothing of those that do not name their versions', () => {
    const versions = new Versions();
    versions.complete(KEY, {}, {}, 10);
    expect(versions.size).toBe(0);
  });

  it('is bounded in number and in bytes; the oldest go', () => {
    const versions = new Versions();
    for (let n = 0; n <= VERSIONS_MAX; n++) versions.complete(`${n}.measure`, { n, a: 1 }, { version: '1' }, 10);
    expect(versions.size).toBe(VERSIONS_MAX);
    expect(versions.complete('0.measure', { n: 0 }, { version: '2', since: '1' }, 10)).toEqual({ n: 0 });
    versions.complete('large.measure', {}, { version: '1' }, VERSIONS_BYTES_MAX);
    expect(versions.size).toBe(1);
    versions.complete('large.measure', {}, { version: '2', since: '1' }, 10);
    expect(versions.size).toBe(0);
  });
});
