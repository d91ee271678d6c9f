import type { Envelope, Outcome } from '@ganglion/kernel';
import { CodedError } from '@ganglion/kernel';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Backlog, type MessageStore } from './backlog.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const envelope = (id: number): Envelope => ({
  key: 'm.measure',
  payload: Buffer.from(''),
  properties: { id: `${id}` },
});

/** A store of so many messages, in memory. */
class Shelf implements MessageStore {
  readonly fault = undefined;
  onDrop: MessageStore['onDrop'] = () => {};
  readonly #waiting: Envelope[];
  #next = 0;

  constructor(messages: number) {
    this.#waiting = Array.from({ length: messages }, (_, id) => envelope(id));
  }

  get size() {
    return this.#waiting.length;
  }

  append = () => true;
  next() {
    const next = this.#waiting[this.#next];
    if (next === undefined) return undefined;
    this.#next++;
    return { envelope: next };
  }

  confirm(message: { envelope: Envelope }) {
    this.#waiting.splice(this.#waiting.indexOf(message.envelope), 1);
    this.#next--;
  }

  rewind() {
    this.#next = 0;
  }

  close() {}
}

function backlogOf(messages: number, replay_per_second = 500) {
  const store = new Shelf(messages);
  const sent: { id: number; settle: (error?: Error) => void }[] = [];
  const outcomes: Outcome[] = [];
  const state = { room: 1000 };
  const backlog = new Backlog({
    store,
    pattern: '#.measure',
    memory_messages: 1,
    replay_per_second,
    room: () => state.room,
    onOutcome: (_, outcome) => outcomes.push(outcome),
    send: ({ properties }) =>
      new Promise((resolve, reject) => {
        sent.push({
          id: Number(properties.id),
          settle: (error) => (error === undefined ? resolve() : reject(error)),
        });
      }),
  });
  const settleAll = async (error?: Error) => {
    for (const each of sent.splice(0)) each.settle(error);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { backlog, store, sent, outcomes, state, settleAll };
}

describe('the backlog', () => {
  test('leaves at its rate, however fast it is confirmed', async () => {
    const { backlog, store, settleAll } = backlogOf(2000);
    backlog.wake();
    for (let ms = 0; ms < 1000; ms += 10) {
      await vi.advanceTimersByTimeAsync(10);
      await settleAll();
    }
    expect(2000 - store.size).toBe(500);
  });

  test('has a hundred unconfirmed at most', async () => {
    const { backlog, sent } = backlogOf(2000);
    backlog.wake();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(100);
  });

  test('waits for room, without a timer', async () => {
    const { backlog, sent, state } = backlogOf(10);
    state.room = 0;
    backlog.wake();
    expect(vi.getTimerCount()).toBe(0);
    state.room = 3;
    backlog.wake();
    await vi.advanceTimersByTimeAsync(50);
    expect(sent).toHaveLength(3);
  });

  test('sends again, in order, what came back, once nothing is under way', async () => {
    const { backlog, store, sent } = backlogOf(4);
    backlog.wake();
    await vi.advanceTimersByTimeAsync(50);
    const [a, b, c, d] = sent.splice(0);
    b?.settle(new CodedError('BUS_CLOSED', { what: '', why: '', todo: '' }));
    a?.settle();
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toEqual([]);
    d?.settle();
    c?.settle(new CodedError('BUS_CLOSED', { what: '', why: '', todo: '' }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent.map(({ id }) => id)).toEqual([1, 2]);
    expect(store.size).toBe(2);
  });

  test('lets go of what the broker refuses, and says so', async () => {
    const { backlog, store, outcomes, settleAll } = backlogOf(1);
    backlog.wake();
    await vi.advanceTimersByTimeAsync(50);
    await settleAll(new CodedError('MESSAGE_REFUSED', { what: '', why: '', todo: '' }));
    expect([store.size, outcomes]).toEqual([0, [{ dropped: 'refused' }]]);
  });
});
