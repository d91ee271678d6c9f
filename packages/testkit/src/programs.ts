// Where RabbitMQ's programs are.

import { accessSync, constants } from 'node:fs';
import { rabbitmqMissing } from './errors.ts';

/** Where Debian keeps RabbitMQ's own scripts; those on its PATH want root and change the user. */
const DEBIAN_FOLDER = '/usr/lib/rabbitmq/bin';

/**
 * The path of a program of RabbitMQ.
 *
 * @throws CodedError `RABBITMQ_MISSING`
 */
export function findProgram(name: string): string {
  for (const folder of [DEBIAN_FOLDER, ...(process.env['PATH'] ?? '').split(':')]) {
    const path = `${folder}/${name}`;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not there.
    }
  }
  throw rabbitmqMissing(name);
}
