// The bus that the settings ask for: in memory, or RabbitMQ, which is loaded only then.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SpoolOptions } from '@ganglion/bus-amqp';
import { type Bus, type Log, memoryBus } from '@ganglion/kernel';
import { tlsFileUnreadable } from './errors.ts';
import { ANCESTORS_EXCHANGE, type OwnSettings } from './settings/own.ts';
import { stateFolder } from './state-folder.ts';

/** A bus, and the outcome of its first connection. */
export interface OpenBus {
  readonly bus: Bus;
  /** Rejects when no waiting can help, as with a wrong password; resolves when the bus is in use for the first time. */
  readonly opened: Promise<void>;
  /** Messages that the broker has not taken over yet. */
  waiting(): number;
}

export interface BusOptions {
  /** Who this is, for the broker. */
  readonly name: string;
  readonly log: Log;
  /** Where messages wait past what memory holds. Default: nowhere. */
  readonly spool?: SpoolOptions | undefined;
  /** Whether what modules that speak in memory remember outlives the process. Default: it does. */
  readonly remembers?: boolean;
  /** Whether to wait for a broker that is not there, or to reject `opened`. Default: wait. */
  readonly wait_at_start?: boolean;
}

/**
 * Opens a bus: over RabbitMQ when a broker is set, else in memory.
 *
 * @throws CodedError `BROKER_URL_INVALID`, `EXCHANGE_NAME_INVALID`, `TLS_FILE_UNREADABLE`
 */
export async function openBus(own: OwnSettings, options: BusOptions): Promise<OpenBus> {
  if (own.broker === undefined) {
    const states = options.remembers === false ? undefined : statesFolder(process.env);
    const bus = memoryBus({ states, log: options.log });
    return { bus, opened: Promise.resolve(), waiting: () => 0 };
  }
  const { amqpBus } = await import('@ganglion/bus-amqp');
  const { exchange, exchange_durable = exchange !== ANCESTORS_EXCHANGE, buffer_messages } = own;
  const tls = readTlsFiles(own);
  const bus = amqpBus({ ...options, url: own.broker, exchange, exchange_durable, buffer_messages, tls });
  return { bus, opened: bus.opened, waiting: () => bus.buffer.messages };
}

/** Where modules that speak in memory keep what they remember of each machine: beside the notifier's journal. */
export function statesFolder(environment: Readonly<Record<string, string | undefined>>): string {
  return join(stateFolder(environment), 'states');
}

/**
 * The files that the settings name for `amqps:`, as their contents.
 *
 * @throws CodedError `TLS_FILE_UNREADABLE`
 */
export function readTlsFiles({ broker_ca, broker_cert, broker_key }: OwnSettings) {
  return {
    ca: readIfSet('broker_ca', broker_ca),
    cert: readIfSet('broker_cert', broker_cert),
    key: readIfSet('broker_key', broker_key),
  };
}

function readIfSet(setting: string, path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw tlsFileUnreadable(setting, path, error);
  }
}
