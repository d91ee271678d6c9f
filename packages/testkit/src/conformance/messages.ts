// What a message is when it arrives, in which order messages do, and who hears them.

import type { Envelope, EnvelopeProperties } from '@ganglion/kernel';
import { describe, expect, it } from 'vitest';
import { message, numbered, type Stage } from './stage.ts';

export function messages(stage: Stage): void {
  describe('a message', () => {
    const carry = async (envelope: Envelope): Promise<Envelope | undefined> => {
      const ear = await stage.listen({ pattern: '#' });
      await stage.bus.publish(envelope);
      const [call] = await ear.calls.count(1);
      return call?.envelope;
    };

    it.each([
      ['an empty one', 0],
      ['one of 1 MiB', 1024 * 1024],
    ])('arrives with its body: %s', async (_, length) => {
      const payload = Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
      const arrived = await carry({ key: 'a.b', payload, properties: {} });
      expect(Buffer.compare(arrived?.payload ?? Buffer.from('none'), payload)).toBe(0);
    });

    it.each([
      ['of one word', 'word'],
      ['with a host name in it', 'db-01.example.com.measure'],
      ['with capitals and spaces', 'My Laptop.measure'],
      ['with letters of any script', 'büro-größe.机器.東京.measure'],
      ['with empty words', '.a..b.'],
      ["with a pattern's characters", '#.*.measure'],
      ['of 255 bytes', `${'x'.repeat(247)}.measure`],
      ['of 255 bytes in UTF-8', `${'機'.repeat(82)}x.measure`],
    ])('arrives under its key: one %s', async (_, key) => {
      expect((await carry(message(key)))?.key).toBe(key);
    });

    const properties: Required<EnvelopeProperties> = {
      id: 'tracker-7f3a@größe/12',
      sender: 'tracker-7f3a@größe',
      type: 'measure',
      content_type: 'application/json',
      time: '2026-11-24T12:00:00.250Z',
      hops: JSON.stringify(Array(100).fill(['tracker-7f3a@größe', 1_795_518_000_250])),
      version: '12',
      since: '11',
    };

    it('arrives with all its properties', async () => {
      expect((await carry({ ...message('a.b'), properties }))?.properties).toEqual(properties);
    });

    it.each(Object.entries(properties))('arrives with %s alone', async (property, value) => {
      const alone = { [property]: value };
      expect((await carry({ ...message('a.b'), properties: alone }))?.properties).toEqual(alone);
    });

    it('arrives without properties when it has none', async () => {
      expect((await carry({ ...message('a.b'), properties: {} }))?.properties).toEqual({});
    });
  });

  describe('publish', () => {
    it('keeps the order in which it was called, for each listener', async () => {
      const keys = numbered(1000);
      const live = await stage.listen({ pattern: '#' });
      const kept = await stage.listen({ pattern: '#', delivery: 'kept' });
      await stage.publishAll(keys);
      expect(await live.heard(keys.length)).toEqual(keys);
      expect(await kept.heard(keys.length)).toEqual(keys);
    });

    it('never calls a handler before it returns', async () => {
      const ear = await stage.listen({ pattern: '#' });
      const before: number[] = [];
      for (const key of numbered(10)) {
        const heard = ear.calls.items.length;
        stage.publish(key);
        before.push(ear.calls.items.length - heard);
      }
      expect(before).toEqual(Array(10).fill(0));
      await ear.heard(10);
    });

    it('resolves also when nobody listens', async () => {
      await expect(stage.publish('a.b')).resolves.toBeUndefined();
    });

    if (stage.features.spans_processes) {
      it('reaches listeners on other buses, in the order of each publisher', async () => {
        const ear = await stage.listen({ pattern: '#' }, stage.join());
        const [first, second] = [stage.join(), stage.join()];
        const [as, bs] = [numbered(100, 'a'), numbered(100, 'b')];
        await Promise.all([stage.publishAll(as, first), stage.publishAll(bs, second)]);
        const keys = await ear.heard(200);
        expect(keys.filter((key) => key.startsWith('a'))).toEqual(as);
        expect(keys.filter((key) => key.startsWith('b'))).toEqual(bs);
      });
    }
  });

  describe('a pattern', () => {
    it.each([
      ['a.b.c', ['a.b.c'], ['a.b', 'a.b.c.d', 'a.b.C', 'x.b.c']],
      ['*', ['a', 'größe', 'two words'], ['a.b', '.', 'a.']],
      ['*.measure', ['a.measure', '.measure'], ['measure', 'a.b.measure', 'a.measures', 'a.measure.']],
      ['a.*.c', ['a.b.c', 'a.größe.c', 'a..c'], ['a.c', 'a.b.b.c', 'a.b.c.d']],
      ['#', ['a', 'a.b.c', '.', 'a..b', '机器.東京'], []],
      ['#.measure', ['measure', 'a.measure', 'db-01.example.com.measure'], ['a.measures', 'measure.a', 'a.premeasure']],
      ['site1.#', ['site1', 'site1.a', 'site1.a.b'], ['site10', 'a.site1', 'Site1.a']],
      ['site1.#.measure', ['site1.measure', 'site1.a.measure', 'site1.a.b.measure'], ['site1', 'a.site1.measure']],
      ['#.*.measure', ['a.measure', 'a.b.measure'], ['measure']],
      ['#.b.#', ['b', 'a.b', 'b.c', 'a.b.c', 'b.b'], ['a.c', 'bb']],
      ['#.#', ['a', 'a.b'], []],
      ['büro.*', ['büro.größe'], ['buero.größe', 'büro', 'büro.größe.x']],
      ['a*.b#', ['a*.b#'], ['ax.b', 'a.b', 'ax.bx']],
    ])('%s hears what fits and nothing else', async (pattern, fitting, others) => {
      const ear = await stage.listen({ pattern });
      // What fits comes last: when it is there, all else would have been there.
      await stage.publishAll([...others, ...fitting]);
      expect(await ear.heard(fitting.length)).toEqual(fitting);
    });
  });
}
