// The public surface. Our own modules use this and nothing else.

export type {
  Bus,
  BusStatus,
  ConnectionChange,
  DeadLetter,
  DropReason,
  Envelope,
  EnvelopeHandler,
  EnvelopeProperties,
  Outcome,
  Share,
  ShareHolder,
  Sharing,
  SubscribeOptions,
  Subscription,
} from './bus.ts';
export { DEAD_LETTERS_MAX } from './bus.ts';
export {
  BODY_BYTES_MAX,
  decode,
  encode,
  HOPS_MAX,
  type Refusal,
  type RefusalReason,
  readHops,
  readTime,
} from './codec.ts';
export { busBufferFull, busClosed, CodedError, type ErrorParts, oneLine, reasonOf, shareLost } from './errors.ts';
export { takeLock } from './lock.ts';
export { type Log, LogLimiter, silentLog } from './log.ts';
export { memoryBus } from './memory-bus.ts';
export {
  type Context,
  defineModule,
  type Handlers,
  isModule,
  kept,
  LIVE_DEFAULTS,
  type Listening,
  type Listens,
  live,
  type Module,
  type ModuleDefinition,
  type Output,
  PARTITIONS_DEFAULT,
  type Publishes,
  type SharedHandler,
  type SharedListening,
  shared,
  type TapOptions,
} from './module.ts';
export { checkPattern, compilePattern } from './pattern.ts';
export { type About, type Pulse, pulse } from './pulse.ts';
export { BoundedQueue } from './queue.ts';
export { SOURCES_OF_SHARE_MAX, STATE_BYTES_MAX } from './remembering.ts';
export {
  instanceName,
  PULSE_INTERVAL_MS,
  type RunningModule,
  type RunOptions,
  readConfig,
  runModule,
  STOP_STAGE_MS,
} from './runner.ts';
export { stopOnSignal } from './signals.ts';
export {
  type BodyOf,
  type Draft,
  type DraftOf,
  defineTopic,
  type Hop,
  KEY_BYTES_MAX,
  type Message,
  type MessageOf,
  routingKey,
  splitKey,
  type Topic,
} from './topic.ts';
