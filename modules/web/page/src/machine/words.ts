// How a machine stands, in one sentence.

import { type Life, lifeOf } from '@ganglion/topics/life';
import type { Machine } from '../../../wire/frames.ts';
import { dayTimeOf, lastingOf, spanOf } from '../format.ts';
import { BANDS, deathOf, rankOf, STANDINGS, type Standing, standingOf } from '../live/judge.ts';
import { texts } from '../texts.ts';
import { sayResource } from './names.ts';

/** What is said of a machine. */
export interface Said {
  readonly standing: Standing | undefined;
  readonly life: Life;
  readonly sentence: string;
  /** When that began, epoch milliseconds, where it is known. */
  readonly since_ms?: number;
}

/**
 * @param now_ms by the server's clock
 * @param heard_since_ms since when it could have been heard
 * @param moment_ms the moment of the past that it is of: since when it was so is not known then
 */
export function sayStanding(machine: Machine, now_ms: number, heard_since_ms: number, moment_ms?: number): Said {
  const { gone, received_ms, resources, first_ms } = machine;
  const life = lifeOf(machine, now_ms, heard_since_ms);
  const banded = Object.entries(resources)
    .map(([resource, known]) => ({ resource, ...known, rank: rankOf(known.band) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank || a.since_ms - b.since_ms);
  const [worst] = banded;
  const standing = STANDINGS[standingOf(life, gone, worst?.rank ?? 0)];
  const { why, of } = { why: texts.machine.whyGone, of: machine.machine };
  if (life === 'dead') {
    const { cause, died_ms } = deathOf(machine);
    const span = spanOf(now_ms - died_ms);
    const sentence =
      cause === 'stopped' ? texts.machine.saidGoodbye(of, span) : texts.machine.stoppedAnswering(of, span, why[cause]);
    return { standing, life, sentence, since_ms: died_ms };
  }
  if (life === 'stale') {
    return { standing, life, sentence: texts.machine.late(spanOf(now_ms - received_ms)), since_ms: received_ms };
  }
  if (worst === undefined) return { standing, life, sentence: texts.machine.notJudged };
  const { resource, percentage, since_ms, rank } = worst;
  const then = moment_ms === undefined ? undefined : texts.time.at(dayTimeOf(moment_ms));
  const lasting = then ?? lastingOf(since_ms, now_ms, since_ms <= first_ms);
  const band = BANDS[rank];
  if (band === 'LOW' || band === undefined) {
    // Calm since the last of them became so.
    const calm_ms = Math.max(...banded.map((one) => one.since_ms));
    const sentence = texts.machine.low(then ?? lastingOf(calm_ms, now_ms, calm_ms <= first_ms));
    return { standing, life, sentence, since_ms: calm_ms };
  }
  const alike = banded.filter((one) => one.rank === rank).length - 1;
  const name = sayResource(resource);
  const what = percentage === undefined ? name : texts.machine.atPercent(name, Math.round(percentage));
  const more = alike > 0 ? texts.machine.andMore(alike) : '';
  return { standing, life, sentence: `${texts.machine[band](what, lasting)}${more}`, since_ms };
}
