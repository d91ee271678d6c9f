import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Outbox, Outgoing } from './outbox.ts';

function message(name: string, bytes = 0): Outgoing {
  return new Outgoing({ key: name, payload: new Uint8Array(bytes), properties: {} });
}

function names(outgoing: Iterable<Outgoing>): string {
  return Array.from(outgoing, ({ envelope }) => envelope.key).join('');
}

/** Sends up to `count` of what waits, as a publisher does. */
function send(outbox: Outbox, count = Number.POSITIVE_INFINITY): Outgoing[] {
  const sent: Outgoing[] = [];
  for (let next = outbox.peek(); next !== undefined && sent.length < count; next = outbox.peek()) {
    next.state = 'sent';
    sent.push(next);
  }
  return sent;
}

function filled(letters: string, limit_messages = 100): Outbox {
  const outbox = new Outbox(limit_messages, 1_000_000);
  for (const letter of letters) outbox.add(message(letter));
  return outbox;
}

describe('the outbox', () => {
  test('gives messages out in the order in which they came', () => {
    const outbox = filled('abc');
    expect(names(send(outbox, 2))).toBe('ab');
    outbox.add(message('d'));
    expect(names(send(outbox))).toBe('cd');
    expect(outbox.peek()).toBeUndefined();
  });

  test('gives them all out again, in order, after a break', () => {
    const outbox = filled('abcde');
    const [, b] = send(outbox, 4);
    if (b !== undefined) outbox.remove(b);
    outbox.rewind('sent');
    expect(names(send(outbox))).toBe('acde');
  });

  test('gives one out again in its old place', () => {
    const outbox = filled('abcd');
    const [, b] = send(outbox, 3);
    if (b !== undefined) outbox.again(b);
    expect(names(send(outbox))).toBe('bd');
  });

  test('passes over what is set aside until that waits again', () => {
    const outbox = filled('abcd');
    const a = outbox.peek();
    if (a !== undefined) a.state = 'aside';
    expect(names(send(outbox, 2))).toBe('bc');
    outbox.rewind('aside');
    expect(names(send(outbox))).toBe('ad');
  });

  test('lets the oldest go that is not on the wire', () => {
    const outbox = filled('abcd', 4);
    send(outbox, 2);
    expect(names(outbox.add(message('e')))).toBe('c');
    expect(names(outbox)).toBe('abde');
  });

  test('lets the newcomer go when all others are on the wire', () => {
    const outbox = filled('ab', 2);
    send(outbox);
    expect(names(outbox.add(message('c')))).toBe('c');
    expect(outbox.peek()).toBeUndefined();
  });

  test('makes room in bytes, for several if it must', () => {
    const outbox = new Outbox(100, 33);
    for (const letter of 'abc') outbox.add(message(letter, 10));
    expect(outbox.size_bytes).toBe(33);
    expect(names(outbox.add(message('d', 20)))).toBe('ab');
    expect(outbox.size_bytes).toBe(32);
    expect(names(send(outbox))).toBe('cd');
  });

  test('behaves like a list of numbers, whatever is done to it', () => {
    const command = fc.oneof(
      fc.constant('add' as const),
      fc.constant('send' as const),
      fc.constant('set aside' as const),
      fc.constant('break' as const),
      fc.constant('release' as const),
      fc.record({ confirm: fc.nat(9) }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
        const outbox = new Outbox(8, 1_000_000);
        let model: { name: string; state: string }[] = [];
        const real = new Map<string, Outgoing>();
        let serial = 0;
        for (const what of commands) {
          const first = model.find(({ state }) => state === 'waiting');
          expect(outbox.peek()?.envelope.key).toBe(first?.name);
          if (what === 'add') {
            const added = message(String(serial++));
            real.set(added.envelope.key, added);
            model.push({ name: added.envelope.key, state: 'waiting' });
            const evicted = model.length > 8 ? model.find(({ state }) => state !== 'sent') : undefined;
            model = model.filter((one) => one !== evicted);
            expect(names(outbox.add(added))).toBe(evicted?.name ?? '');
          } else if (what === 'send' || what === 'set aside') {
            const next = outbox.peek();
            const state = what === 'send' ? 'sent' : 'aside';
            if (next !== undefined) next.state = state;
            if (first !== undefined) first.state = state;
          } else if (what === 'break' || what === 'release') {
            outbox.rewind(what === 'break' ? 'sent' : 'aside');
            for (const one of model) if (what === 'break' || one.state === 'aside') one.state = 'waiting';
          } else {
            const sent = model.filter(({ state }) => state === 'sent');
            const confirmed = sent[what.confirm % Math.max(1, sent.length)];
            const outgoing = real.get(confirmed?.name ?? '');
            if (outgoing !== undefined) outbox.remove(outgoing);
            model = model.filter((one) => one !== confirmed);
          }
          expect(Array.from(outbox, ({ envelope }) => envelope.key)).toEqual(model.map(({ name }) => name));
          expect(outbox.size).toBe(model.length);
        }
      }),
    );
  });
});
