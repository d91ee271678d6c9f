// Between an envelope and AMQP: which property stands for what.

import type { Envelope } from '@ganglion/kernel';
import type { Message, Options } from 'amqplib';

/** Reads a message. A foreign one may have no properties, or other types than ours: those are left out. */
export function readMessage(message: Message): Envelope {
  const { messageId, appId, type, contentType, headers, replyTo, correlationId } = message.properties;
  const reply_to = text(replyTo);
  return {
    key: message.fields.routingKey,
    payload: message.content,
    properties: {
      id: text(messageId),
      sender: text(appId),
      type: text(type),
      content_type: text(contentType),
      time: text(headers?.['time']),
      hops: text(headers?.['hops']),
      version: text(headers?.['version']),
      since: text(headers?.['since']),
    },
    ...(reply_to !== undefined && { asker: { reply_to, correlation: text(correlationId) ?? '' } }),
  };
}

/**
 * Writes a message's properties. Persistent, because a kept queue must not lose what was confirmed when the broker is
 * killed; a queue that is not durable never writes it to disk, so that live listeners do not pay for it.
 *
 * @param mandatory the broker gives the message back when no queue is there for it
 */
export function writeProperties(envelope: Envelope, mandatory: boolean): Options.Publish {
  const { id, sender, type, content_type, time, hops, version, since } = envelope.properties;
  const properties: Options.Publish = { persistent: true, mandatory, headers: { time, hops, version, since } };
  if (id !== undefined) properties.messageId = id;
  if (sender !== undefined) properties.appId = sender;
  if (type !== undefined) properties.type = type;
  if (content_type !== undefined) properties.contentType = content_type;
  return properties;
}

/** The body as the library wants it: the same bytes, not a copy. */
export function bytesOf(payload: Uint8Array): Buffer {
  return Buffer.isBuffer(payload) ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
