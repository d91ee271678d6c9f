// The public surface: what tests of any package may use.

export { CHROMIUM } from './chromium.ts';
export type { BusFeatures, BusMaking } from './conformance/features.ts';
export { busConformance } from './conformance.ts';
export { type Logged, type Published, runUnderTest, type Subject, type UnderTestOptions } from './harness.ts';
export { type Line, startLine } from './line.ts';
export { type Ports, takePorts } from './ports.ts';
export { type PostgresOptions, type PrivatePostgres, startPostgres } from './postgres.ts';
export {
  type PrivateCluster,
  type PrivateRabbitmq,
  type RabbitmqOptions,
  startCluster,
  startRabbitmq,
} from './rabbitmq.ts';
export { type Answer, type Received, Receiver, says } from './receiver.ts';
export { freshExchange, sharedRabbitmq } from './shared-rabbitmq.ts';
