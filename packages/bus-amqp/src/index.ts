// The public surface: a bus over RabbitMQ, and what a reader of the broker's events needs to know of it.

export { AMQP_DEFAULTS, type AmqpBus, type AmqpBusOptions, amqpBus, LISTENING_SUFFIX } from './amqp-bus.ts';
export type { MessageStore, SpoolOptions, StoredMessage } from './backlog.ts';
export type { TlsFiles } from './connection.ts';
export {
  type ExchangeFound,
  type Finding,
  type InspectOptions,
  inspectBroker,
  type RoleNeeds,
  type TlsFound,
} from './inspect.ts';
export { KEPT_EXPIRES_MS, queueFront } from './queue.ts';
export { type Broker, HEARTBEAT_DEFAULT_S, readBrokerUrl } from './url.ts';
