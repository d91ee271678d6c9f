import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@ganglion/kernel';
import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { noticeOf, openChannel } from './channel-under-test.ts';
import type { Notice } from './notice.ts';
import { backOff, DEAD_MAX, Outbox, type Pace } from './outbox.ts';
import { type Change, Store } from './store.ts';

const HOUR_MS = 3_600_000;

const PATIENT = { interval: 5, timeout: 20_000 };

// A bound for what never comes, on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

const PACE: Pace = {
  limit_per_hour: 1_000,
  timeout_ms: 5_000,
  retry_first_ms: 10,
  retry_ms_max: 20,
  give_up_ms: HOUR_MS,
};

/** An outbox with a channel before a real server, and a clock that the test may put forward. */
class Post {
  later_ms = 0;
  readonly counts: Record<string, number> = {};
  readonly receiver: Receiver;
  readonly #folder = mkdtempSync(join(tmpdir(), 'ganglion-outbox-'));
  readonly #pace: Pace;
  store: Store;
  outbox: Outbox;

  constructor(receiver: Receiver, pace: Partial<Pace>) {
    this.receiver = receiver;
    this.#pace = { ...PACE, ...pace };
    this.store = new Store({ folder: this.#folder });
    this.outbox = this.#open();
  }

  static async open(pace: Partial<Pace> = {}): Promise<Post> {
    const post = new Post(await Receiver.start(), pace);
    onTestFinished(async () => {
      await post.outbox.stop();
      post.store.close();
      await post.receiver.close();
      rmSync(post.#folder, { recursive: true });
    });
    return post;
  }

  get now_ms(): number {
    return Date.now() + this.later_ms;
  }

  give(...notices: Partial<Notice>[]): void {
    const change: Change = new Map();
    for (const notice of notices) this.outbox.add('hook', noticeOf({ time_ms: this.now_ms, ...notice }), change);
    this.store.commit(change);
    this.outbox.wake();
  }

  /** Resolves to the keys that came, when there are so many requests. */
  async keys(n: number): Promise<string[]> {
    await this.receiver.until(({ length }) => length >= n);
    return this.receiver.received.map(({ body }) => JSON.parse(body).key);
  }

  /** Resolves when nothing waits any more. */
  async empty(): Promise<void> {
    await expect.poll(() => this.outbox.waiting, PATIENT).toBe(0);
  }

  async restart(): Promise<void> {
    await this.outbox.stop();
    this.store.close();
    this.store = new Store({ folder: this.#folder });
    this.outbox = this.#open();
    this.outbox.wake();
  }

  journal(front: string): string[] {
    return [...this.store.entries(front)].map(([key]) => key);
  }

  #open(): Outbox {
    const channel = openChannel({ type: 'webhook', url: { env: 'URL' } }, { URL: this.receiver.url });
    return new Outbox({
      store: this.store,
      channels: new Map([['hook', { channel, pace: this.#pace }]]),
      log: silentLog,
      count: (name, n = 1) => {
        this.counts[name] = (this.counts[name] ?? 0) + n;
      },
      cleared: (text) => text,
      now: () => this.now_ms,
    });
  }
}

const many = (n: number, more: Partial<Notice> = {}) =>
  Array.from({ length: n }, (_, i) => ({ key: `k${i}`, group: `g${i}`, title: `t${i}`, ...more }));

describe('the outbox', () => {
  it('sends in order, and keeps nothing of what was taken but its thread', async () => {
    const post = await Post.open();
    post.give(...many(20));
    expect(await post.keys(20)).toEqual(many(20).map(({ key }) => key));
    await post.empty();
    expect(post.journal('d/')).toEqual([]);
    expect(post.journal('t/')).toHaveLength(20);
    post.give({ key: 'end', group: 'g3', kind: 'cleared' });
    await post.keys(21);
    await post.empty();
    expect(post.journal('t/')).toHaveLength(19);
  });

  it('tries again until it is taken, under the same key, and what follows of its group waits', async () => {
    const post = await Post.open();
    let failures = 4;
    post.receiver.answer = (response) =>
      says(failures-- > 0 ? 503 : 200)(response, { ...post.receiver.received[0] } as never);
    post.give({ key: 'first', group: 'g' }, { key: 'second', group: 'g', kind: 'changed' });
    expect(await post.keys(6)).toEqual(['first', 'first', 'first', 'first', 'first', 'second']);
    await post.empty();
    expect(post.counts).toMatchObject({ retried: 4, sent: 2 });
  });

  it('goes on after a restart with what was waiting', async () => {
    const post = await Post.open({ retry_first_ms: 60_000, retry_ms_max: 60_000 });
    post.receiver.answer = says(500);
    post.give({ key: 'first', group: 'g' });
    await expect.poll(() => post.counts['retried'], PATIENT).toBe(1);
    await post.restart();
    expect(post.outbox.waiting).toBe(1);
    expect(post.receiver.received).toHaveLength(1);
    post.receiver.answer = says(200);
    post.later_ms = 100_000;
    await post.restart();
    expect(await post.keys(2)).toEqual(['first', 'first']);
    await post.empty();
  });

  it('lets what is under way end at the stop, so that it is not told twice', async () => {
    const post = await Post.open();
    post.receiver.answer = (response) => setTimeout(() => response.end(), 50);
    post.give({ key: 'first', group: 'a' }, { key: 'second', group: 'b' });
    await post.keys(1);
    await post.restart();
    expect(await post.keys(2)).toEqual(['first', 'second']);
    await post.empty();
    expect(post.receiver.received).toHaveLength(2);
  });

  it('does not wait for ever for a server that does not answer', async () => {
    const post = await Post.open({ timeout_ms: 100 });
    post.receiver.answer = () => {};
    post.give({ key: 'first' });
    await post.keys(2);
    post.receiver.answer = says(200);
    await post.empty();
    expect(post.counts['sent']).toBe(1);
  });

  it('leaves a server alone for as long as it asks for', async () => {
    const post = await Post.open();
    post.receiver.answer = says(429, '', { 'retry-after': '600' });
    post.give({ key: 'first', group: 'a' }, { key: 'second', group: 'b' });
    await expect.poll(() => post.counts['retried'], PATIENT).toBe(1);
    post.receiver.answer = says(200);
    post.later_ms = 590_000;
    await post.restart();
    post.later_ms = 601_000;
    post.outbox.wake();
    await post.keys(3);
    await post.empty();
    // After the restart nobody remembers what the server asked for but the notice itself.
    expect(await post.keys(3)).toEqual(['first', 'second', 'first']);
  });

  it('gives up what the server will never take, and what is too old, and says why', async () => {
    const post = await Post.open();
    post.receiver.answer = says(422, 'no such field');
    post.give({ key: 'bad', group: 'g' }, { key: 'end', group: 'g', kind: 'cleared' });
    await post.empty();
    // Of what nobody was told, the end is not told either.
    expect(await post.keys(1)).toEqual(['bad']);
    expect([...post.store.entries('x/')]).toEqual([
      ['bad', expect.objectContaining({ channel: 'hook', why: 'the answer was 422: no such field' })],
    ]);
    post.receiver.answer = says(500);
    post.give({ key: 'old', time_ms: post.now_ms - HOUR_MS });
    await post.empty();
    expect(post.journal('x/')).toEqual(['bad', 'old']);
    expect(post.counts['dead']).toBe(2);
  });

  it('keeps no more dead letters than it may', async () => {
    const post = await Post.open();
    post.receiver.answer = says(400);
    post.give(...many(DEAD_MAX + 5));
    await post.empty();
    expect(post.journal('x/')).toHaveLength(DEAD_MAX);
    expect(post.counts).toMatchObject({ dead: DEAD_MAX + 5, dead_letters_dropped: 5 });
  });

  it('sends no more in an hour than it may, sums up the rest, and keeps the ends for the next hour', async () => {
    const post = await Post.open({ limit_per_hour: 3 });
    post.give(...many(10), { key: 'end', group: 'g1', kind: 'cleared' }, { key: 'end9', group: 'g9', kind: 'cleared' });
    await expect.poll(() => post.outbox.waiting, PATIENT).toBe(1);
    expect(await post.keys(3)).toEqual(['k0', 'k1', 'k2']);
    expect(post.counts).toMatchObject({ held_back: 7 });
    await post.restart();
    post.later_ms = HOUR_MS + 1_000;
    await post.restart();
    await post.keys(5);
    await post.empty();
    const [, , , end, summary] = post.receiver.received.map(({ body }) => JSON.parse(body));
    expect([end.key, summary.kind]).toEqual(['end', 'summary']);
    expect(summary).toMatchObject({ title: '7 more messages in the last hour (7 warning)', count: 7 });
    expect(summary.text.split('\n')).toEqual(['t3', 't4', 't5', 't6', 't7', 't8', 't9']);
  });

  it('lets as many again of what is critical out', async () => {
    const post = await Post.open({ limit_per_hour: 3 });
    const critical = Array.from({ length: 5 }, (_, n) => ({
      key: `c${n}`,
      group: `c${n}`,
      severity: 'critical' as const,
    }));
    post.give(...many(5), ...critical);
    await expect.poll(() => post.counts['held_back'], PATIENT).toBe(4);
    expect(await post.keys(6)).toEqual(['k0', 'k1', 'k2', 'c0', 'c1', 'c2']);
  });
});

describe('the wait before the next try', () => {
  it('doubles up to its bound, and is never quite the same', () => {
    const pace = { ...PACE, retry_first_ms: 1_000, retry_ms_max: 60_000 };
    for (const [tries, wait_ms] of [
      [1, 1_000],
      [2, 2_000],
      [5, 16_000],
      [9, 60_000],
      [500, 60_000],
    ] as const) {
      const waits = Array.from({ length: 50 }, () => backOff(pace, tries));
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(wait_ms * 0.8);
      expect(Math.max(...waits)).toBeLessThanOrEqual(wait_ms * 1.2);
      expect(new Set(waits).size).toBeGreaterThan(1);
    }
  });
});
