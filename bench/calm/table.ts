// What came of it all, in rows.

import type { FaultName } from '../../modules/simulator/src/faults.ts';
import { alone, type Row } from '../report.ts';
import { median, percentile } from '../statistics.ts';
import type { Cost } from './cost.ts';
import type { Raised } from './engine.ts';
import { FLAPPING } from './flapping.ts';
import { type Done, type FaultJob, FLAPPING_HOURS, type FlappingJob, type HealthyJob } from './jobs.ts';

const WEEK_HOURS = 7 * 24;

/** What people call each fault, and the resources in which it shows: an alert about another is chance. */
export const FAULTS_SHOWN: Readonly<Record<Exclude<FaultName, 'silence'>, readonly [name: string, RegExp]>> = {
  runaway: ['runaway process', /^(cpu|load|processes|pressure|sensors)\b/],
  leak: ['leak', /^(memory|swap|paging|pressure)\b/],
  disk_filling: ['disk filling', /^(file_systems|disks)\b/],
  packet_loss: ['packet loss', /^(network|sockets)\b/],
  throttling: ['throttling', /^(sensors|cpu|load|cpu_frequency)\b/],
  dying_disk: ['dying disk', /^(disks|disk_health|cpu|pressure|processes)\b/],
  lost_clock: ['lost clock', /^(system|time)\b/],
};

const fleetOf = ({ count, hours, interval_ms }: HealthyJob, machines: number) => {
  const time = hours % WEEK_HOURS === 0 ? 'a week' : hours === 24 ? 'a day' : `${hours} h`;
  const each = interval_ms === 1_000 ? 'a sample a second' : `a sample every ${interval_ms / 1_000} s`;
  return count > 0 ? `${machines.toLocaleString('en')} healthy machines, ${time}, ${each}` : '';
};

export function healthyRows(all: readonly Done<HealthyJob>[]): Row[] {
  return [...new Set(all.map(({ job }) => job.fleet))].flatMap((fleet) => {
    const mine = all.filter(({ job }) => job.fleet === fleet);
    const [first] = mine;
    if (first === undefined) return [];
    const machines = mine.reduce((sum, { job }) => sum + job.count, 0);
    const weeks = (machines * first.job.hours) / WEEK_HOURS;
    const raised = mine.flatMap((each) => each.raised);
    const ofRule = raised.filter(({ rule }) => rule === 'anomaly');
    const ofBands = raised.filter(({ rule }) => rule === 'bands');
    const ofOthers = raised.filter(({ rule }) => rule !== 'anomaly' && rule !== 'bands');
    const details = (of: readonly Raised[]) => counts(of, ({ rule, figure }) => `${rule} ${figure}`);
    const called = new Set(ofRule.map(({ machine }) => machine));
    const name = fleetOf(first.job, machines);
    return [
      alone({
        part: 'healthy',
        what: `${name}: anomaly alerts a machine a week`,
        unit: '',
        ours: ofRule.length / weeks,
        goal: { max: 1 },
        details: {
          alerts: ofRule.length,
          by_figure: counts(ofRule, ({ figure }) => figure),
          first: ofRule.slice(0, 50),
        },
      }),
      alone({
        part: 'healthy',
        what: 'the same: machines with any',
        unit: '%',
        ours: (100 * called.size) / machines,
      }),
      alone({
        part: 'healthy',
        what: "the same: the bands' alerts a machine a week",
        unit: '',
        ours: ofBands.length / weeks,
        details: details(ofBands),
      }),
      alone({
        part: 'healthy',
        what: "the same: all other rules' alerts a machine a week",
        unit: '',
        ours: ofOthers.length / weeks,
        details: details(ofOthers),
      }),
    ];
  });
}

interface Found {
  readonly job: FaultJob;
  /** The first alert that is about it; undefined when nobody was called. */
  readonly by: Raised | undefined;
  readonly after_s: number;
}

export function faultRows(all: readonly Done<FaultJob>[]): Row[] {
  const played = all.filter(({ job }) => job.happens).map(foundIn);
  const found = played.filter(({ by }) => by !== undefined);
  const chance = all.filter(({ job }) => !job.happens).map(foundIn);
  const took = found.map(({ after_s }) => after_s);
  const faults = played.length;
  return [
    alone({
      part: 'faults',
      what: `of ${faults} faults, found`,
      unit: '',
      ours: found.length,
      goal: { min: Math.ceil(0.95 * faults) },
      details: {
        missed: played.filter(({ by }) => by === undefined).map(({ job }) => [job.number, job.fault]),
        by: counts(found, ({ by }) => by?.rule ?? ''),
      },
    }),
    alone({ part: 'faults', what: 'until found, median', unit: 's', ours: median(took), goal: { max: 30 } }),
    alone({ part: 'faults', what: 'until found, nine of ten', unit: 's', ours: percentile(took, 0.9) }),
    ...Object.entries(FAULTS_SHOWN).map(([fault, [name]]) => {
      const mine = played.filter(({ job }) => job.fault === fault);
      const seen = mine.filter(({ by }) => by !== undefined);
      return alone({
        part: 'faults',
        what: `${name}, ${seen.length} of ${mine.length}: until found, median`,
        unit: 's',
        ours: median(seen.map(({ after_s }) => after_s)),
        details: mine.map(({ by, after_s }) => ({ after_s, rule: by?.rule, sentence: by?.sentence })),
      });
    }),
    alone({
      part: 'faults',
      what: `${chance.length} of these machines with nothing wrong: would count as found`,
      unit: '',
      ours: chance.filter(({ by }) => by !== undefined).length,
      details: chance.flatMap(({ by }) => (by === undefined ? [] : [by.sentence])),
    }),
  ];
}

function foundIn({ job, raised, from_ms }: Done<FaultJob>): Found {
  const shown = job.fault === 'silence' ? /^machine/ : FAULTS_SHOWN[job.fault][1];
  const by = raised.find(({ at_ms, resource }) => at_ms >= from_ms && shown.test(resource));
  return { job, by, after_s: ((by?.at_ms ?? Number.NaN) - from_ms) / 1_000 };
}

/** Who is well for no longer than this in between is found once: the rules wait for as long before they call it over. */
const WELL_S_MAX = 120;

export function flappingRows(all: readonly Done<FlappingJob>[]): Row[] {
  const most = all.map(({ job, raised, from_ms }) => {
    const by_rule = counts(
      raised.filter(({ at_ms }) => at_ms >= from_ms),
      ({ rule }) => rule,
    );
    const flapping = FLAPPING[job.number];
    const most = Math.max(0, ...Object.values(by_rule));
    return { name: flapping?.name, quick: (flapping?.well_s ?? 0) <= WELL_S_MAX, most, by_rule };
  });
  const row = (quick: boolean, what: string, goal?: Row['goal']) => {
    const mine = most.filter((each) => each.quick === quick);
    return alone({
      part: 'flapping',
      what: `${mine.length} inputs that flap for ${FLAPPING_HOURS} h, ${what}: alerts of one rule, at most`,
      unit: '',
      ours: Math.max(0, ...mine.map(({ most }) => most)),
      ...(goal !== undefined && { goal }),
      details: mine,
    });
  };
  return [row(true, 'well for two minutes at most', { max: 1 }), row(false, 'well for longer')];
}

export function costRows({ figures, each_second_us, each_ten_us, memory_bytes, kept_bytes }: Cost): Row[] {
  const measure = `all rules, a measure of ${Math.round(figures)} numbers`;
  const part = 'cost';
  const goal = { max: 60 };
  const kilobytes = { max: 256 };
  return [
    alone({ part, what: `${measure}, one a second: CPU`, unit: 'µs', ours: each_second_us, goal }),
    alone({ part, what: `${measure}, one every 10 s: CPU`, unit: 'µs', ours: each_ten_us, goal }),
    alone({ part, what: 'a machine in memory', unit: 'KB', ours: memory_bytes / 1_024, goal: kilobytes }),
    alone({ part, what: 'a machine as it is kept, at most', unit: 'KB', ours: kept_bytes / 1_024, goal: kilobytes }),
  ];
}

function counts<Each>(all: readonly Each[], of: (each: Each) => string): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const each of all) counted[of(each)] = (counted[of(each)] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counted).sort(([, a], [, b]) => b - a));
}
