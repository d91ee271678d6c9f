// The public surface: what tests of any package may use.

export { type PrivateRabbitmq, type RabbitmqOptions, startRabbitmq } from './rabbitmq.ts';
export { freshExchange, sharedRabbitmq } from './shared-rabbitmq.ts';
