// What a kept queue does whose sources are shared out among its listeners.

import type { Bus, Share } from '@ganglion/kernel';
import { describe, expect, it } from 'vitest';
import { Arrivals } from '../arrivals.ts';
import { message, type Stage } from './stage.ts';

const SOURCES = Array.from({ length: 40 }, (_, n) => `s${n}.example.com`);

/** One message that a sharer was handed. */
interface Heard {
  readonly source: string;
  readonly n: number;
  /** All that it knew of the source then: what was remembered, and what it has heard since. */
  readonly known: string;
}

/** A listener that knows of each source what was said of it so far, and remembers that. */
class Sharer {
  readonly heard = new Arrivals<Heard>();
  readonly shares = new Arrivals<readonly ['take' | 'lose', Share]>();
  readonly subscription;
  readonly #known = new Map<string, { share: Share; text: string }>();

  constructor(bus: Bus, { parts = 8, remembers = false, refuses = false } = {}) {
    const given = new Set<Share>();
    this.subscription = bus.subscribe(
      {
        name: 'test.sharer',
        pattern: '#.word',
        delivery: 'kept',
        limit_messages: 10_000,
        in_flight_max: 64,
        onDrop: () => {},
        sharing: {
          parts,
          holder: {
            take: (share, remembered) => {
              for (const [source, state] of remembered) {
                this.#known.set(source, { share, text: Buffer.from(state).toString() });
              }
              this.shares.push(['take', share]);
            },
            give: async (share) => {
              given.add(share);
              const own = [...this.#known].filter(([, each]) => each.share === share);
              await Promise.all(own.map(([source, { text }]) => share.remember(source, Buffer.from(text))));
            },
            lose: (share) => {
              for (const [source, each] of this.#known) if (each.share === share) this.#known.delete(source);
              this.shares.push(['lose', share]);
            },
          },
        },
      },
      async ({ key, payload }, share) => {
        if (share === undefined || given.has(share)) throw new Error('handed over without a share');
        if (refuses) throw new Error('refused by the test');
        const source = key.slice(0, key.lastIndexOf('.'));
        const { n } = JSON.parse(Buffer.from(payload).toString());
        const text = `${this.#known.get(source)?.text ?? ''}${n} `;
        this.#known.set(source, { share, text });
        this.heard.push({ source, n, known: text });
        if (remembers) await share.remember(source, Buffer.from(text));
      },
    );
  }

  /** Shares that it has now. */
  get size(): number {
    return this.shares.items.reduce((size, [what]) => size + (what === 'take' ? 1 : -1), 0);
  }

  /** Sources of which it has heard something. */
  get sources(): Set<string> {
    return new Set(this.heard.items.map(({ source }) => source));
  }
}

export function sharedQueues(stage: Stage): void {
  describe('a kept queue whose sources are shared out', () => {
    let said = 0;

    /** Says the next number of each source. */
    const sayAll = async (sources: readonly string[] = SOURCES) => {
      const n = said++;
      await Promise.all(
        sources.map((source) =>
          stage.bus.publish({ ...message(`${source}.word`), payload: Buffer.from(JSON.stringify({ n })) }),
        ),
      );
    };

    const share = async (bus = stage.bus, options = {}) => {
      const sharer = new Sharer(bus, options);
      await sharer.subscription.ready;
      return sharer;
    };

    const all = (sharers: readonly Sharer[], count: number) =>
      expect
        .poll(() => sharers.reduce((sum, { heard }) => sum + heard.items.length, 0), { timeout: 20_000, interval: 20 })
        .toBe(count);

    it('hands every message to whoever has its source, in order', async () => {
      const first = said;
      const sharer = await share();
      for (let i = 0; i < 5; i++) await sayAll();
      await sharer.heard.count(5 * SOURCES.length);
      const known = new Map(sharer.heard.items.map((each) => [each.source, each.known]));
      const in_order = Array.from({ length: 5 }, (_, i) => `${first + i} `).join('');
      expect([...known]).toEqual(expect.arrayContaining(SOURCES.map((source) => [source, in_order])));
    });

    it('goes on filling while nobody listens', async () => {
      const before = await share();
      await before.subscription.cancel();
      await before.subscription.ended;
      const n = said;
      await sayAll();
      await sayAll();
      const after = await share();
      const heard = await after.heard.count(2 * SOURCES.length);
      for (const source of SOURCES) {
        expect(heard.filter((each) => each.source === source).map((each) => each.n)).toEqual([n, n + 1]);
      }
    });

    it('tells the next listener what the one before remembered when it gave its shares up', async () => {
      const before = await share();
      const n = said;
      await sayAll();
      await before.heard.count(SOURCES.length);
      await before.subscription.cancel();
      await before.subscription.ended;
      expect(before.size).toBe(0);
      const after = await share();
      await sayAll();
      const heard = await after.heard.count(SOURCES.length);
      expect(new Set(heard.map(({ known }) => known))).toEqual(new Set([`${n} ${n + 1} `]));
    });

    it('forgets what it is told to', async () => {
      const before = await share();
      await sayAll(['a']);
      await before.heard.count(1);
      const [, first] = before.shares.items.at(0) ?? [];
      const shares = before.shares.items.map(([, each]) => each);
      expect(first).toBeDefined();
      await Promise.all(shares.map((each) => each.remember('x', Buffer.from('x'))));
      await Promise.all(shares.map((each) => each.remember('x', undefined)));
      await before.subscription.cancel();
      await before.subscription.ended;
      await expect(first?.remember('a', Buffer.from('late'))).rejects.toMatchObject({ code: 'SHARE_LOST' });
      const after = await share();
      const n = said;
      await sayAll(['x']);
      expect((await after.heard.count(1)).map(({ known }) => known)).toEqual([`${n} `]);
    });

    it('keeps what its handler refuses as a dead letter', async () => {
      await share(stage.bus, { refuses: true });
      await sayAll(['a']);
      await expect
        .poll(async () => (await stage.bus.dead('test.sharer')).map(({ envelope }) => envelope.key), {
          timeout: 10_000,
        })
        .toEqual(['a.word']);
    });

    if (stage.features.shares_out) {
      it('gives a listener that joins about as many parts as the others have', async () => {
        const first = await share();
        await first.shares.count(8);
        const second = await share(stage.join());
        await second.shares.count(4);
        await expect.poll(() => [first.size, second.size], { timeout: 10_000, interval: 20 }).toEqual([4, 4]);
        const third = await share(stage.join());
        await third.shares.count(2);
        await expect.poll(() => first.size + second.size + third.size, { timeout: 10_000, interval: 20 }).toBe(8);
        expect([first.size, second.size]).toEqual([3, 3]);
      });

      it('moves sources, with all that is known of them, while messages come', async () => {
        const from = said;
        const first = await share();
        await first.shares.count(8);
        let over = false;
        const saying = (async () => {
          while (!over) await sayAll();
        })();
        await first.heard.count(SOURCES.length);
        const second = await share(stage.join());
        await second.heard.count(SOURCES.length);
        await second.subscription.cancel();
        await second.subscription.ended;
        await expect.poll(() => first.size, { timeout: 10_000, interval: 20 }).toBe(8);
        over = true;
        await saying;
        const rounds = said - from;
        await all([first, second], rounds * SOURCES.length);
        // Whoever heard the last of a source knows all of it, each number once.
        const everything = Array.from({ length: rounds }, (_, i) => `${from + i} `).join('');
        const last = new Map(first.heard.items.map((each) => [each.source, each.known]));
        for (const source of SOURCES) expect(last.get(source)).toBe(everything);
      });

      it('of one part is one listener’s, and the other stands by', async () => {
        const first = await share(stage.bus, { parts: 1 });
        await first.shares.count(1);
        const second = await share(stage.join(), { parts: 1 });
        await sayAll();
        await first.heard.count(SOURCES.length);
        expect(second.size).toBe(0);
        await first.subscription.cancel();
        await second.shares.count(1);
        await sayAll();
        expect((await second.heard.count(SOURCES.length)).every(({ known }) => known.split(' ').length === 3)).toBe(
          true,
        );
      });

      it('is whole again when a listener has died: all that it had not settled comes again, with what it had remembered', async () => {
        const dying = await share(stage.join(), { remembers: true });
        await dying.shares.count(8);
        const n = said;
        await sayAll();
        await all([dying], SOURCES.length);
        await sayAll();
        await stage.leave(1);
        const next = await share();
        await expect.poll(() => next.size, { timeout: 10_000, interval: 20 }).toBe(8);
        await sayAll();
        const last = () => new Map(next.heard.items.map((each) => [each.source, each.known]));
        await expect
          .poll(() => [...last().values()].filter((known) => known.endsWith(` ${n + 2} `)).length, { timeout: 10_000 })
          .toBe(SOURCES.length);
        for (const known of last().values()) expect(known).toMatch(new RegExp(`^${n} ${n + 1} (${n + 1} )?${n + 2} $`));
      });
    }
  });
}
