import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedQueue } from './queue.ts';

describe('a bounded queue', () => {
  it('gives back what came first', () => {
    const queue = new BoundedQueue<number>(3);
    queue.push(1);
    queue.push(2);
    expect([queue.shift(), queue.shift(), queue.shift()]).toEqual([1, 2, undefined]);
  });

  it('lets the oldest go when it is full, returns it and counts it', () => {
    const queue = new BoundedQueue<string>(2);
    expect(queue.push('a')).toBeUndefined();
    queue.push('b');
    expect(queue.push('c')).toBe('a');
    expect(queue.dropped).toBe(1);
    expect(queue.clear()).toEqual(['b', 'c']);
    expect(queue.dropped).toBe(1);
  });

  it('refuses a limit that holds nothing', () => {
    expect(() => new BoundedQueue(0)).toThrow(RangeError);
    expect(() => new BoundedQueue(1.5)).toThrow(RangeError);
  });

  it('behaves as a plain array that is cut at its front, whatever the order of pushes and shifts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fc.option(fc.nat())), (limit, steps) => {
        const queue = new BoundedQueue<number>(limit);
        const model: number[] = [];
        let dropped = 0;
        for (const step of steps) {
          if (step === null) {
            expect(queue.shift()).toBe(model.shift());
          } else {
            const full = model.length === limit;
            expect(queue.push(step)).toBe(full ? model.shift() : undefined);
            if (full) dropped++;
            model.push(step);
          }
          expect(queue.peek()).toBe(model[0]);
          expect(queue.size).toBe(model.length);
        }
        expect(queue.dropped).toBe(dropped);
        expect(queue.clear()).toEqual(model);
      }),
    );
  });
});
