// The public surface. Our own modules use this and nothing else.

export type { AskedMessage } from './answering.ts';
export type {
  Asker,
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
export { DEAD_LETTERS_MAX, QUESTIONS_MAX } from './bus.ts';
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
export {
  busBufferFull,
  busClosed,
  CodedError,
  type ErrorParts,
  noAnswer,
  oneLine,
  questionRefused,
  reasonOf,
  shareLost,
} from './errors.ts';
export { takeLock } from './lock.ts';
export { type Log, LogLimiter, silentLog } from './log.ts';
export { memoryBus } from './memory-bus.ts';
export {
  type Answerers,
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
  type Questions,
  type SharedHandler,
  type SharedListening,
  shared,
  type TapOptions,
  type UnreadListening,
  unread,
} from './module.ts';
export { checkPattern, compilePattern } from './pattern.ts';
export { type About, type Pulse, pulse } from './pulse.ts';
export {
  ANSWER_BYTES_MAX,
  ANSWER_TIMEOUT_MS,
  type AnsweredOf,
  type AskedOf,
  defineQuestion,
  type Question,
} from './question.ts';
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
export { readSecret, Secret, type SecretPlace } from './secret.ts';
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
  type Unread,
  type UnreadOf,
} from './topic.ts';
export { Versions } from './versions.ts';
