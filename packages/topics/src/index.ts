// The topics Ganglion speaks: each family with its schema, and no I/O.

export { type Pulse, pulse } from '@ganglion/kernel';
export { type Alert, alert, SEVERITIES, Severity } from './alert.ts';
export { type Analysis, analysis, Band } from './analysis.ts';
export { areLastWords, type Life, lifeOf, PATIENCE_MS, usualInterval } from './life.ts';
export { headlinesOf, type Measure, measure, Percentage } from './measure.ts';
export { type Birth, birth, Cause, type Death, death, type Outage, outage } from './presence.ts';
