import { describe, expect, it } from 'vitest';
import { DOUBT_MS, DOUBT_TOGETHER_MS, Roster, type Sign } from './roster.ts';

const LIMITS = { sources_max: 1_000, silence_intervals: 3, remember_ms: 60_000 };
const EPOCH_MS = 1_700_000_000_000;

/** A roster under a clock of the test's. */
function rosterAt(limits: Partial<typeof LIMITS> = {}) {
  const roster = new Roster({ ...LIMITS, ...limits });
  let now_ms = 10_000;
  const machine = (source: string, of = `t@${source}`, more: Partial<Sign> = {}): Sign => ({
    source,
    kind: 'machine',
    instance: of,
    connection: of,
    interval_ms: 1_000,
    ...more,
  });
  return {
    roster,
    machine,
    hear: (sign: Sign) => roster.heard(sign, now_ms, EPOCH_MS + now_ms)?.source,
    left: (name: string, id = 'first') => roster.left(name, id, now_ms),
    joined: (name: string, id = 'second', patience_ms = 0) => roster.joined(name, id, now_ms, patience_ms),
    doubt: (patience_ms: number) => roster.doubt(now_ms, patience_ms),
    stopped: (instance: string) => names(roster.stopped(instance, now_ms, EPOCH_MS + now_ms)),
    /** Lets time pass, in steps as presence looks; answers with those who died. */
    pass: (duration_ms: number) => {
      const dead: string[] = [];
      for (const until_ms = now_ms + duration_ms; now_ms < until_ms; ) {
        now_ms = Math.min(until_ms, now_ms + DOUBT_MS);
        dead.push(...names(roster.look(now_ms, EPOCH_MS + now_ms)));
      }
      return dead;
    },
    /** Time passes in one step: this process stood still. */
    halt: (duration_ms: number) => {
      now_ms += duration_ms;
      return names(roster.look(now_ms, EPOCH_MS + now_ms));
    },
  };
}

const names = (entries: readonly { source: string; death: { cause: string } | undefined }[]) =>
  entries.map(({ source, death }) => `${source} ${death?.cause}`);

describe('the roster', () => {
  it('knows a birth by the first sign, and says it once', () => {
    const { hear, machine } = rosterAt();
    expect(hear(machine('a'))).toBe('a');
    expect(hear(machine('a'))).toBeUndefined();
  });

  it('says who is dead as soon as the end of a connection is no longer in doubt', () => {
    const { hear, machine, left, pass, roster } = rosterAt();
    hear(machine('a'));
    hear(machine('b'));
    left('t@a');
    expect(roster.nextLook(10_000)).toBe(DOUBT_MS);
    expect(pass(DOUBT_MS)).toEqual(['a connection_lost']);
    expect(pass(1_000)).toEqual([]);
  });

  it('buries nobody whose connection is back in time', () => {
    const { hear, machine, left, joined, pass } = rosterAt();
    hear(machine('a'));
    left('t@a');
    joined('t@a');
    expect(pass(2_000)).toEqual([]);
  });

  it('is not fooled by a broker that notices the end of the old connection after the new one was opened', () => {
    const { hear, machine, left, joined, pass } = rosterAt();
    hear(machine('a'));
    joined('t@a');
    left('t@a');
    expect(pass(2_000)).toEqual([]);
    left('t@a', 'second');
    expect(pass(DOUBT_MS)).toEqual(['a connection_lost']);
  });

  it('is not fooled by a node that was killed, of whose connections no end is ever told', () => {
    const { hear, machine, left, joined, pass } = rosterAt();
    joined('t@a', 'first');
    hear(machine('a'));
    joined('t@a', 'second');
    hear(machine('a'));
    left('t@a', 'second');
    expect(pass(DOUBT_MS)).toEqual(['a connection_lost']);
  });

  it('doubts longer when several connections end together, and buries those that do not come back', () => {
    const { hear, machine, left, joined, pass } = rosterAt();
    for (const name of ['a', 'b', 'c', 'd']) hear(machine(name));
    for (const name of ['a', 'b', 'c', 'd']) left(`t@${name}`);
    expect(pass(DOUBT_TOGETHER_MS / 2)).toEqual([]);
    joined('t@b');
    expect(hear(machine('b'))).toBeUndefined();
    expect(pass(DOUBT_TOGETHER_MS / 2)).toEqual(['a connection_lost', 'c connection_lost', 'd connection_lost']);
  });

  it('takes no message that was still on its way for life', () => {
    const { hear, machine, left, pass } = rosterAt();
    hear(machine('a'));
    left('t@a');
    expect(hear(machine('a'))).toBeUndefined();
    expect(pass(DOUBT_MS)).toEqual(['a connection_lost']);
    expect(hear(machine('a'))).toBeUndefined();
  });

  it('has someone live at once who comes back and speaks', () => {
    const { hear, machine, left, joined, pass } = rosterAt();
    hear(machine('a'));
    left('t@a');
    pass(500);
    joined('t@a');
    expect(hear(machine('a'))).toBe('a');
  });

  it('has a machine live at once that another tracker measures', () => {
    const { hear, machine, left, pass } = rosterAt();
    hear(machine('a'));
    left('t@a');
    pass(100);
    expect(hear(machine('a', 'other'))).toBe('a');
  });

  it('buries who is silent for three of its own intervals, told or learnt', () => {
    const { hear, machine, pass, roster } = rosterAt();
    for (let i = 0; i < 4; i++) {
      hear(machine('told', 'x', { interval_ms: 2_000, connection: undefined }));
      hear(machine('learnt', '', { interval_ms: undefined, connection: undefined }));
      pass(500);
    }
    expect(roster.entry('machine', 'learnt')?.interval_ms).toBe(500);
    expect(pass(1_400)).toEqual([]);
    expect(pass(200)).toEqual(['learnt silent']);
    expect(pass(4_500)).toEqual(['told silent']);
  });

  it('buries an instance that says goodbye with the machines that it measures, and hears no last word after that', () => {
    const { hear, machine, stopped } = rosterAt();
    hear({ source: 't@a', kind: 'instance', instance: 't@a' });
    hear(machine('a'));
    hear(machine('b'));
    expect(stopped('t@a')).toEqual(['t@a stopped', 'a stopped']);
    expect(hear(machine('a'))).toBeUndefined();
    expect(hear(machine('a', 't2@a'))).toBe('a');
  });

  it('is patient with who has moved to another node and does not speak at once', () => {
    const { hear, machine, joined, pass } = rosterAt();
    hear(machine('a'));
    joined('t@a', 'second', 10_000);
    expect(pass(13_400)).toEqual([]);
    expect(pass(200)).toEqual(['a silent']);
  });

  it('blames nobody for a bus that was away', () => {
    const { hear, machine, left, doubt, pass } = rosterAt();
    hear(machine('a'));
    left('t@a');
    doubt(10_000);
    expect(pass(10_000)).toEqual([]);
    hear(machine('a'));
    expect(pass(3_000)).toEqual([]);
    expect(pass(1_000)).toEqual(['a silent']);
  });

  it('blames nobody for having stood still itself', () => {
    const { hear, machine, halt, pass } = rosterAt();
    hear(machine('a'));
    pass(100);
    expect(halt(60_000)).toEqual([]);
    hear(machine('a'));
    expect(pass(3_000)).toEqual([]);
  });

  it('holds no more than its limit: the dead make place for newcomers, the living do not', () => {
    const { hear, machine, stopped, roster } = rosterAt({ sources_max: 2 });
    hear(machine('a'));
    hear(machine('b'));
    expect(hear(machine('c'))).toBeUndefined();
    expect(roster.refused).toBe(1);
    stopped('t@a');
    expect(hear(machine('c'))).toBe('c');
    expect([...roster].map(({ source }) => source)).toEqual(['b', 'c']);
  });

  it('forgets the dead after a while', () => {
    const { hear, machine, stopped, pass, roster } = rosterAt();
    hear(machine('a'));
    stopped('t@a');
    pass(LIMITS.remember_ms + 100);
    expect(roster.size).toBe(0);
  });
});
