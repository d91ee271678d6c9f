// The public surface: what tests of any package may use.

export { type BusFeatures, type BusMaking, busConformance } from './conformance.ts';
export { type Line, startLine } from './line.ts';
export { type PrivateRabbitmq, type RabbitmqOptions, startRabbitmq } from './rabbitmq.ts';
export { freshExchange, sharedRabbitmq } from './shared-rabbitmq.ts';
