// How many alerts are open, in all and on each machine: told to every page, whatever it looks at.

import { type AlertedFrame, type BySeverity, SEVERITIES, type Severity } from '../../../wire/frames.ts';

/** What a machine's mark says. */
export interface AlertMark {
  readonly open: number;
  readonly worst: Severity;
}

/** A new one with each frame; nothing of it changes. */
export interface Alerted
  extends Pick<AlertedFrame, 'open' | 'unacknowledged' | 'silenced' | 'on_trial' | 'keepers' | 'rules'> {
  /** Whether the server has told anything of alerts. */
  readonly known: boolean;
  readonly marks: ReadonlyMap<string, AlertMark>;
}

const NONE: BySeverity = { critical: 0, warning: 0, info: 0 };

export const NOTHING_ALERTED: Alerted = {
  known: false,
  open: NONE,
  unacknowledged: NONE,
  silenced: 0,
  on_trial: 0,
  keepers: 0,
  rules: [],
  marks: new Map(),
};

/** What is known after a frame. */
export function alertedAfter({ marks }: Alerted, frame: AlertedFrame): Alerted {
  const { open, unacknowledged, silenced, on_trial, keepers, rules, machines, begins } = frame;
  const all = begins === true || machines.length > 0 ? new Map(begins === true ? [] : marks) : marks;
  if (all !== marks) {
    const changing = all as Map<string, AlertMark>;
    for (const [machine, n, worst] of machines) {
      if (n === 0) changing.delete(machine);
      else changing.set(machine, { open: n, worst });
    }
  }
  return { known: true, open, unacknowledged, silenced, on_trial, keepers, rules, marks: all };
}

/** The worst of which there is any. */
export function worstIn(counts: BySeverity): Severity | undefined {
  return SEVERITIES.find((severity) => counts[severity] > 0);
}

export function sumOf(counts: BySeverity): number {
  return SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
}
