import type { PastEvent } from '@ganglion/topics';
import { describe, expect, it } from 'vitest';
import { DAY_MS, DAYS, History, type Part } from './history.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** The beginning of a day. */
const DAY = Math.floor(1_795_000_000_000 / DAY_MS) * DAY_MS;
const NOW = DAY + 12 * HOUR_MS;
const PARTS: Part[] = [
  { title: 'Databases', machines: 'db.#' },
  { title: 'Shop', machines: 'web.#' },
];

const died = (source: string, time_ms: number, cause = 'connection_lost'): PastEvent => ({
  time_ms,
  family: 'death',
  source,
  body: { kind: 'machine', cause, died_ms: time_ms },
});
const born = (source: string, time_ms: number): PastEvent => ({
  time_ms,
  family: 'birth',
  source,
  body: { kind: 'machine', born_ms: time_ms },
});
const alert = (source: string, time_ms: number, more: object): PastEvent => ({
  time_ms,
  family: 'alert',
  source,
  body: { id: 'a', state: 'raised', severity: 'critical', ...more },
});

/** A history over these events, and what it asked for. */
function over(events: readonly PastEvent[]) {
  const asked: { from_ms: number; to_ms: number }[] = [];
  const history = new History(PARTS, async ({ from_ms, to_ms, limit }) => {
    asked.push({ from_ms, to_ms });
    const fit = events
      .filter(({ time_ms }) => time_ms >= from_ms && time_ms <= to_ms)
      .sort((a, b) => a.time_ms - b.time_ms);
    return { events: fit.slice(-limit) };
  });
  return { history, asked };
}

describe('the history of a part', () => {
  it('sums up how long any of its machines was gone on each day, over midnight too', async () => {
    const from = DAY - 2 * HOUR_MS;
    const { history } = over([
      died('db.01', from),
      died('db.02', from + HOUR_MS),
      born('db.02', from + 2 * HOUR_MS),
      born('db.01', DAY + HOUR_MS),
    ]);
    await history.read(NOW, 0);
    const { days } = history.of(0);
    expect(days).toHaveLength(DAYS);
    expect(days.slice(-2)).toEqual([
      { start_ms: DAY - DAY_MS, known_ms: DAY_MS, down_ms: 2 * HOUR_MS, trouble_ms: 0 },
      { start_ms: DAY, known_ms: 12 * HOUR_MS, down_ms: HOUR_MS, trouble_ms: 0 },
    ]);
    expect(history.of(1).days.every(({ down_ms }) => down_ms === 0)).toBe(true);
    expect(history.of(0).incidents).toEqual([{ kind: 'down', from_ms: from, to_ms: DAY + HOUR_MS, said: [] }]);
  });

  it('does not miss who was stopped in order, nor what was over at once', async () => {
    const { history } = over([
      died('db.01', DAY, 'stopped'),
      died('db.02', DAY + HOUR_MS),
      born('db.02', DAY + HOUR_MS + 5_000),
    ]);
    await history.read(NOW, 0);
    expect(history.of(0)).toMatchObject({ incidents: [] });
    expect(history.of(0).days.at(-1)?.down_ms).toBe(5_000);
  });

  it('tells trouble by critical alerts that nobody has silenced, with what was said about it', async () => {
    const { history } = over([
      alert('web.01', DAY, {}),
      alert('web.01', DAY + MINUTE_MS, { state: 'changed', acknowledged: { by: 'ada', why: 'We change a disk.' } }),
      alert('web.01', DAY + HOUR_MS, { state: 'cleared' }),
      alert('web.02', DAY + 2 * HOUR_MS, { severity: 'warning' }),
      alert('web.03', DAY + 2 * HOUR_MS, { silenced: { by: 'ada' } }),
      alert('web.04', DAY + 2 * HOUR_MS, { shadow: true }),
    ]);
    await history.read(NOW, 0);
    expect(history.of(1).days.at(-1)).toMatchObject({ trouble_ms: HOUR_MS, down_ms: 0 });
    expect(history.of(1).incidents).toEqual([
      { kind: 'trouble', from_ms: DAY, to_ms: DAY + HOUR_MS, said: ['We change a disk.'] },
    ]);
  });

  it('knows what lasts, and goes on with it', async () => {
    const events = [died('db.01', DAY)];
    const { history } = over(events);
    await history.read(NOW, 0);
    expect(history.of(0).incidents).toEqual([{ kind: 'down', from_ms: DAY, to_ms: undefined, said: [] }]);
    events.push(born('db.01', NOW));
    await history.read(NOW + HOUR_MS, 0);
    expect(history.of(0).incidents).toEqual([{ kind: 'down', from_ms: DAY, to_ms: NOW, said: [] }]);
    expect(history.of(0).days.at(-1)?.down_ms).toBe(12 * HOUR_MS);
    await history.read(NOW + DAY_MS, 0);
    expect(history.of(0).days).toHaveLength(DAYS);
    expect(history.of(0).days.at(-2)?.down_ms).toBe(12 * HOUR_MS);
  });

  it('reads a day that is over once', async () => {
    const { history, asked } = over([]);
    await history.read(NOW, 0);
    expect(asked).toHaveLength(DAYS);
    await history.read(NOW + MINUTE_MS, 0);
    expect(asked).toHaveLength(DAYS + 1);
  });

  it('knows nothing of what was before anything was recorded, and does not ask for it', async () => {
    const { history, asked } = over([]);
    await history.read(NOW, DAY - HOUR_MS);
    expect(asked).toHaveLength(2);
    expect(
      history
        .of(0)
        .days.map(({ known_ms }) => known_ms)
        .slice(-3),
    ).toEqual([0, HOUR_MS, 12 * HOUR_MS]);
  });

  it('goes on after nobody has answered, from the same day', async () => {
    let answers = 0;
    const history = new History(PARTS, async () => {
      if (++answers === 10) throw new Error('nobody');
      return { events: [] };
    });
    await expect(history.read(NOW, 0)).rejects.toThrow('nobody');
    await history.read(NOW, 0);
    expect(answers).toBe(DAYS + 1);
    expect(history.of(0).days).toHaveLength(DAYS);
  });

  it('asks for a stormy day in halves', async () => {
    const storm = Array.from({ length: 12_000 }, (_, n) => (n % 2 === 0 ? died : born)('db.01', DAY + n * 1_000));
    const { history, asked } = over(storm);
    await history.read(NOW, DAY);
    expect(asked.length).toBeGreaterThan(2);
    expect(history.of(0).days.at(-1)?.down_ms).toBe(6_000 * 1_000);
  });
});
