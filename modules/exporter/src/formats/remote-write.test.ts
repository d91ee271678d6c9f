import { says } from '@ganglion/testkit';
import { describe } from 'vitest';
import { survives } from '../exporter-under-test.ts';

// What is in a message, a real Prometheus reads: see test/export.test.ts.
describe('remote write', () => {
  survives('remote_write', says(204));
});
