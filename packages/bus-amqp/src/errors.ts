// What can go wrong between this bus and a broker. No text here ever holds a password: brokers are named by
// `Broker.shown`.

import { CodedError, oneLine } from '@ganglion/kernel';

/** The broker's URL cannot be used. The URL itself is not told: what is wrong may be in the middle of its password. */
export function brokerUrlInvalid(why: string): CodedError {
  return new CodedError(
    'BROKER_URL_INVALID',
    {
      what: "the broker's URL cannot be used",
      why,
      todo: 'write it as amqp://user:password@host:5672/vhost (amqps:// for TLS), special characters percent-encoded',
    },
    { configuration: true },
  );
}

/** Nobody answers as a broker there, or not in time. */
export function brokerUnreachable(broker: string, why: string, cause?: unknown): CodedError {
  return new CodedError(
    'BROKER_UNREACHABLE',
    {
      what: `no broker at ${broker}`,
      why: oneLine(why),
      todo: 'start RabbitMQ or correct the URL',
    },
    { configuration: true, cause },
  );
}

/** A connection that was open has ended. */
export function brokerLost(broker: string, why: string, cause?: unknown): CodedError {
  return new CodedError(
    'BROKER_LOST',
    {
      what: `connection to ${broker} lost`,
      why: oneLine(why),
      todo: 'start RabbitMQ if it has stopped; messages wait and this goes on trying',
    },
    { cause },
  );
}

/** The broker does not accept the user and the password. */
export function brokerLoginRefused(broker: string, cause?: unknown): CodedError {
  return new CodedError(
    'BROKER_LOGIN_REFUSED',
    {
      what: `login at ${broker} refused`,
      why: 'the broker does not accept this user and password from here',
      todo: 'correct the URL, or allow the user on the broker ("guest" may only log in from the same machine)',
    },
    { configuration: true, cause },
  );
}

/** The virtual host is not there, or not for this user. */
export function brokerVhostRefused(broker: string, vhost: string, cause?: unknown): CodedError {
  return new CodedError(
    'BROKER_VHOST_REFUSED',
    {
      what: `virtual host "${oneLine(vhost, 80)}" at ${broker} refused`,
      why: 'it does not exist, is at its limit of connections, or this user has no permission in it',
      todo: 'correct the path of the URL, or use "rabbitmqctl add_vhost" and "set_permissions"',
    },
    { configuration: true, cause },
  );
}

/** No trusted TLS connection could be made. */
export function brokerTlsFailed(broker: string, why: string, cause?: unknown): CodedError {
  return new CodedError(
    'BROKER_TLS_FAILED',
    {
      what: `no trusted TLS connection to ${broker}`,
      why: oneLine(why),
      todo: 'check that the port speaks TLS, and that ca, cert and key fit the certificate of the broker',
    },
    { configuration: true, cause },
  );
}

/** The user may not do what the bus needs. */
export function brokerAccessRefused(broker: string, why: string, cause?: unknown): CodedError {
  return new CodedError(
    'BROKER_ACCESS_REFUSED',
    {
      what: `access at ${broker} refused`,
      why: oneLine(why),
      todo: 'give the user permission to configure, write and read the exchange and its queues',
    },
    { configuration: true, cause },
  );
}

/** The broker announces nobody's coming and going: its plugin is not enabled, or not in this virtual host. */
export function connectionEventsMissing(broker: string, cause?: unknown): CodedError {
  return new CodedError(
    'CONNECTION_EVENTS_MISSING',
    {
      what: `${broker} does not tell who leaves it, so a death shows only by silence`,
      why: 'its plugin rabbitmq_event_exchange is not enabled, or speaks in another virtual host',
      todo: 'run "rabbitmq-plugins enable rabbitmq_event_exchange" on the broker; "ganglion doctor" says more',
    },
    { cause },
  );
}

/** The broker announces who comes and goes, but not to us. */
export function connectionEventsRefused(broker: string, why: string, cause?: unknown): CodedError {
  return new CodedError(
    'CONNECTION_EVENTS_REFUSED',
    {
      what: `${broker} does not tell us who leaves it, so a death shows only by silence`,
      why: oneLine(why),
      todo: 'let the user read the exchange amq.rabbitmq.event',
    },
    { cause },
  );
}

/** The broker takes no messages for now, because it is short of memory or disk. */
export function brokerBlocked(broker: string, why: string): CodedError {
  return new CodedError('BROKER_BLOCKED', {
    what: `${broker} takes no messages for now`,
    why: oneLine(why),
    todo: 'free memory or disk on the broker; messages wait meanwhile',
  });
}

/** A name that no exchange can have, or that is not ours to use. */
export function exchangeNameInvalid(name: string, why: string): CodedError {
  return new CodedError(
    'EXCHANGE_NAME_INVALID',
    { what: `"${oneLine(name, 60)}" cannot name the exchange`, why, todo: 'choose 1 to 127 bytes of printable text' },
    { configuration: true },
  );
}

/** An exchange of that name stands already, but it does not route by topic. */
export function exchangeTypeWrong(exchange: string, why: string, cause?: unknown): CodedError {
  return new CodedError(
    'EXCHANGE_TYPE_WRONG',
    {
      what: `exchange "${oneLine(exchange, 127)}" cannot be used`,
      why: oneLine(why),
      todo: 'name another exchange, or delete this one so that it is made again as a topic exchange',
    },
    { configuration: true, cause },
  );
}

/** This one message cannot be sent, however often it is tried. */
export function messageRefused(key: string, why: string, cause?: unknown): CodedError {
  return new CodedError(
    'MESSAGE_REFUSED',
    {
      what: `message "${oneLine(key, 80)}" not sent`,
      why: oneLine(why),
      todo: 'make it smaller, or allow on the broker what it refuses',
    },
    { cause },
  );
}

/** What a subscription asks for cannot be had from any broker. */
export function subscriptionInvalid(name: string, why: string): CodedError {
  return new CodedError(
    'SUBSCRIPTION_INVALID',
    { what: `subscription "${oneLine(name, 80)}" cannot be made`, why, todo: 'correct the module that asks for it' },
    { configuration: true },
  );
}

/** The broker does not make a subscription, or has ended one. */
export function subscriptionLost(name: string, why: string, cause?: unknown): CodedError {
  return new CodedError(
    'SUBSCRIPTION_LOST',
    {
      what: `subscription "${oneLine(name, 80)}" is not there`,
      why: oneLine(why),
      todo: 'look at the queue on the broker; this goes on trying to make it again',
    },
    { cause },
  );
}

/** The broker cannot share out the sources of a subscription. */
export function sharingUnavailable(name: string, why: string): CodedError {
  return new CodedError('SHARING_UNAVAILABLE', {
    what: `subscription "${oneLine(name, 80)}" is not shared: one listener has all of it, and the others stand by`,
    why: oneLine(why),
    todo: 'run "rabbitmq-plugins enable rabbitmq_consistent_hash_exchange" on the broker, then stop all of them and start them again',
  });
}

/** A kept queue stands already with other limits than asked for. */
export function queueDiffers(queue: string, why: string, cause?: unknown): CodedError {
  return new CodedError(
    'QUEUE_DIFFERS',
    {
      what: `queue "${oneLine(queue, 255)}" is used as it is`,
      why: oneLine(why),
      todo: 'if its limits should change, stop its listeners and delete it; it is made again',
    },
    { cause },
  );
}

/** The broker closed the channel that messages go out on, for a reason that is no message's fault. */
export function channelLost(broker: string, why: string, cause?: unknown): CodedError {
  return new CodedError(
    'CHANNEL_LOST',
    {
      what: `channel to ${broker} closed`,
      why: oneLine(why),
      todo: 'look at the exchange on the broker; messages wait and this goes on trying',
    },
    { cause },
  );
}

/** The disk does not take what should wait on it. */
export function spoolUnwritable(why: string): CodedError {
  return new CodedError('SPOOL_UNWRITABLE', {
    what: 'message not written to the spool',
    why: oneLine(why),
    todo: 'make room on its disk; messages wait in memory meanwhile',
  });
}

/** A refused message could not be kept as a dead letter. */
export function deadLetterLost(name: string, why: string, cause?: unknown): CodedError {
  return new CodedError(
    'DEAD_LETTER_LOST',
    {
      what: `what subscription "${oneLine(name, 80)}" refused is dropped`,
      why: oneLine(why),
      todo: 'let the user configure, write and read "<exchange>.<subscription>.dead", a queue and an exchange',
    },
    { cause },
  );
}
