// Whether somebody who speaks at intervals still speaks: one judgement for the page and for a tap. It imports nothing, so that
// the page can have it alone, as `@ganglion/topics/life`.

/** One that is an interval late may be dead. */
const STALE_INTERVALS = 2;

/** One that is silent for more than so many of its usual intervals is dead, whether or not anybody told so. */
const DEAD_INTERVALS = 4;

/** But nothing shorter than this is a silence. */
const SILENT_MS_MIN = 2_000;

/** The interval of one that has spoken only once. */
const INTERVAL_UNKNOWN_MS = 5_000;

/** After the bus was away, what others may take until they are back and have spoken: the longest back-off and more. */
export const PATIENCE_MS = 10_000;

/** How much of a new gap goes into the usual interval: one that is faster is believed sooner than one that is slower. */
const FASTER_SHARE = 1 / 2;
const SLOWER_SHARE = 1 / 8;

/** A pause longer than this many usual intervals is a silence and counts only as so many. */
const INTERVAL_STEP_MAX = 4;

/** What comes so soon after a death was on its way before, and is no sign of life. */
const LAST_WORDS_MS = 1_000;

/** Whether somebody still speaks: `stale` is one to three of its intervals late. */
export type Life = 'live' | 'stale' | 'dead';

/** What is known of somebody who speaks at intervals. Times are milliseconds of one clock, the listener's. */
export interface Speaker {
  /** When it was heard last. */
  readonly received_ms: number;
  /** Its usual time between two words; undefined until it is known. */
  readonly interval_ms?: number | undefined;
  /** Not undefined when somebody has told that it is gone. */
  readonly gone?: unknown;
}

/**
 * Judges by what was told of somebody and by its silence.
 *
 * @param now_ms by the clock of `received_ms`
 * @param heard_since_ms since when it could have been heard
 */
export function lifeOf({ gone, interval_ms, received_ms }: Speaker, now_ms: number, heard_since_ms: number): Life {
  if (gone !== undefined) return 'dead';
  const usual_ms = interval_ms ?? INTERVAL_UNKNOWN_MS;
  const silent_ms = now_ms - Math.max(received_ms, heard_since_ms);
  if (silent_ms <= Math.max(SILENT_MS_MIN, STALE_INTERVALS * usual_ms)) return 'live';
  return silent_ms <= Math.max(SILENT_MS_MIN, DEAD_INTERVALS * usual_ms) ? 'stale' : 'dead';
}

/** Whether a word that is heard now was on its way when its speaker's death was told. */
export function areLastWords(told_gone_ms: number, received_ms: number): boolean {
  return received_ms - told_gone_ms < LAST_WORDS_MS;
}

/**
 * The usual interval after one gap more.
 *
 * @param usual_ms what it was before; undefined for the first gap
 * @param gap_ms by the speaker's own clock, so that a burst after an outage does not look like haste; one of no length or
 * less, as after a clock was set back, changes nothing
 */
export function usualInterval(usual_ms: number | undefined, gap_ms: number): number | undefined {
  if (gap_ms <= 0) return usual_ms;
  if (usual_ms === undefined) return gap_ms;
  const share = gap_ms < usual_ms ? FASTER_SHARE : SLOWER_SHARE;
  return Math.round(usual_ms + (Math.min(gap_ms, usual_ms * INTERVAL_STEP_MAX) - usual_ms) * share);
}
