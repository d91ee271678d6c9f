// The public surface: a detector, what it knows of a series, and what it can be told.

export { Detector, type DetectorOptions } from './detector.ts';
export { DEFAULTS, PARTS, type Part, type Settings } from './settings.ts';
export { STATE_BYTES_MAX, State } from './state.ts';
