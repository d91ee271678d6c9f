// The topics Ganglion speaks: each family with its schema, and no I/O.

export { type Pulse, pulse } from '@ganglion/kernel';
export { type Alert, alert } from './alert.ts';
export { type Analysis, analysis, Band } from './analysis.ts';
export { clockIn, DAYS, type Day, Hours, isWithin, type Moment, remaining } from './calendar.ts';
export {
  FINDINGS_MAX,
  Finding,
  type Findings,
  type FoundOnMachine,
  findings,
  SEVERITIES,
  Severity,
} from './findings.ts';
export { areLastWords, type Life, lifeOf, PATIENCE_MS, usualInterval } from './life.ts';
export { headlinesOf, type Measure, measure, Percentage } from './measure.ts';
export { type Order, order, SILENCES_MAX, Silence, type Silences, silences } from './order.ts';
export {
  EVENTS_MAX,
  type EventFamily,
  FIGURES_MAX,
  type PastAnswered,
  type PastAnswerOf,
  type PastAsked,
  type PastEvent,
  type PastFigure,
  type PastMachine,
  POINTS_MAX,
  packNumbers,
  past,
  unpackNumbers,
} from './past.ts';
export { type Birth, birth, Cause, type Death, death, type Outage, outage } from './presence.ts';
export { type Unit, unitOf } from './units.ts';
