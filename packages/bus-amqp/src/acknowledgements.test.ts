import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Acknowledgements } from './acknowledgements.ts';

interface Tagged {
  readonly fields: { readonly deliveryTag: number };
}

function setup(count: number): { acks: Acknowledgements<Tagged>; at: (tag: number) => Tagged } {
  const acks = new Acknowledgements<Tagged>();
  const messages = Array.from({ length: count }, (_, i) => ({ fields: { deliveryTag: i + 1 } }));
  for (const message of messages) acks.delivered(message);
  return { acks, at: (tag) => messages[tag - 1] ?? { fields: { deliveryTag: 0 } } };
}

function tags(messages: readonly Tagged[]): number[] {
  return messages.map(({ fields }) => fields.deliveryTag);
}

describe('acknowledgements', () => {
  test('say one thing for a run that is complete', () => {
    const { acks, at } = setup(5);
    for (const tag of [2, 1, 3]) acks.done(at(tag));
    const { up_to, single, refused } = acks.take();
    expect([up_to?.fields.deliveryTag, single, refused]).toEqual([3, [], []]);
  });

  test('never wait for a slow message', () => {
    const { acks, at } = setup(5);
    for (const tag of [2, 3, 5]) acks.done(at(tag));
    const due = acks.take();
    expect(due.up_to).toBeUndefined();
    expect(tags(due.single)).toEqual([2, 3, 5]);
    acks.done(at(1));
    expect(acks.take().up_to).toBe(at(1));
  });

  test('refuse on their own what was refused', () => {
    const { acks, at } = setup(3);
    acks.done(at(1));
    acks.refused(at(2));
    acks.done(at(3));
    const due = acks.take();
    expect(tags(due.refused)).toEqual([2]);
    expect(due.up_to).toBe(at(3));
  });

  test('say nothing twice', () => {
    const { acks, at } = setup(2);
    acks.done(at(1));
    acks.done(at(1));
    acks.refused(at(1));
    acks.take();
    expect(acks.take()).toEqual({ refused: [], up_to: undefined, single: [] });
  });

  test('say nothing of what was given back', () => {
    const { acks, at } = setup(2);
    acks.returned(at(1));
    acks.done(at(1));
    acks.done(at(2));
    expect(acks.take()).toEqual({ refused: [], up_to: at(2), single: [] });
  });

  test('tell a broker each outcome exactly once, whatever the order', () => {
    const outcome = fc.record({ pick: fc.nat(1000), refuse: fc.boolean(), take: fc.boolean(), more: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 100 }), (outcomes) => {
        const acks = new Acknowledgements<Tagged>();
        const outstanding = new Map<number, 'under way' | 'done' | 'refused'>();
        let next = 1;
        const under_way: Tagged[] = [];
        // What a broker does with an acknowledgement; one for an unknown tag would close the channel.
        const heard = (tag: number, said: 'done' | 'refused') => {
          expect(outstanding.get(tag)).toBe(said);
          outstanding.delete(tag);
        };
        for (const { pick, refuse, take, more } of outcomes) {
          for (let i = 0; i < more; i++) {
            const message = { fields: { deliveryTag: next++ } };
            outstanding.set(message.fields.deliveryTag, 'under way');
            under_way.push(message);
            acks.delivered(message);
          }
          const [settled] = under_way.length === 0 ? [] : under_way.splice(pick % under_way.length, 1);
          if (settled !== undefined) {
            outstanding.set(settled.fields.deliveryTag, refuse ? 'refused' : 'done');
            if (refuse) acks.refused(settled);
            else acks.done(settled);
          }
          if (!take) continue;
          const due = acks.take();
          for (const message of due.refused) heard(message.fields.deliveryTag, 'refused');
          if (due.up_to !== undefined) {
            const limit = due.up_to.fields.deliveryTag;
            expect(outstanding.has(limit)).toBe(true);
            for (const tag of [...outstanding.keys()]) if (tag <= limit) heard(tag, 'done');
          }
          for (const message of due.single) heard(message.fields.deliveryTag, 'done');
          expect(tags(under_way).sort()).toEqual([...outstanding.keys()].sort());
        }
      }),
    );
  });
});
