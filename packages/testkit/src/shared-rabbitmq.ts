// One RabbitMQ for all test files of a run that do nothing to it: started before the first of them by global-setup.ts.
// They keep out of each other's way by exchanges of their own. What kills its broker starts one for itself.

import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The URL of the shared broker. */
    readonly rabbitmq_url: string;
  }
}

/** The URL of the shared RabbitMQ, `amqp://guest:guest@127.0.0.1:<port>`. Its default plugins are running. */
export function sharedRabbitmq(): string {
  return inject('rabbitmq_url');
}

/** A name for an exchange that no other test uses. */
export function freshExchange(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}
