// A thread that plays one job after the other.

import { parentPort } from 'node:worker_threads';
import { type Job, play } from './jobs.ts';

parentPort?.on('message', (job: Job) => parentPort?.postMessage(play(job)));
