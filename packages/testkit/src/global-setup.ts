// vitest's globalSetup: starts the shared RabbitMQ before the first test file and stops it after the last.

import type { TestProject } from 'vitest/node';
import { startRabbitmq } from './rabbitmq.ts';
import type {} from './shared-rabbitmq.ts';

export default async function startSharedRabbitmq(project: TestProject): Promise<() => Promise<void>> {
  const broker = await startRabbitmq();
  project.provide('rabbitmq_url', broker.url);
  return () => broker.stop();
}
