// A stranger's module for the tests: hears everything that our modules say, at least once, and prints who said it.

import { defineModule, kept, type Message, pulse } from '@ganglion/kernel';
import { alert, analysis, birth, death, findings, measure, outage, silences } from '@ganglion/topics';

/** One line that it prints. */
export interface Recorded {
  readonly family: string;
  readonly source: string;
  /** `<instance>/<number>`; an instance numbers all that it says, beginning at 1. */
  readonly id: string;
  readonly time_ms: number;
}

const LIMITS = { limit_messages: 100_000, in_flight_max: 100, attempts_max: 1 };

export default defineModule({
  name: 'witness',
  listens: {
    measure: kept(measure, LIMITS),
    analysis: kept(analysis, LIMITS),
    findings: kept(findings, LIMITS),
    alert: kept(alert, LIMITS),
    silences: kept(silences, LIMITS),
    pulse: kept(pulse, LIMITS),
    birth: kept(birth, LIMITS),
    death: kept(death, LIMITS),
    outage: kept(outage, LIMITS),
  },
  start: () => ({
    measure: print,
    analysis: print,
    findings: print,
    alert: print,
    silences: print,
    pulse: print,
    birth: print,
    death: print,
    outage: print,
  }),
});

/** Resolves when it is written: what is acknowledged is not lost when this is killed. */
function print({ family, source, id, time_ms }: Message): Promise<void> {
  const recorded: Recorded = { family, source, id, time_ms };
  return new Promise((resolve) => {
    process.stdout.write(`${JSON.stringify(recorded)}\n`, () => resolve());
  });
}
