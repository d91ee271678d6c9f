import { memoryBus } from '@ganglion/kernel';
import { busConformance } from './index.ts';

busConformance(
  'the in-memory bus',
  { spans_processes: false, outlives_process: false, counts_kept_drops: true, can_lose_connection: false },
  () => memoryBus(),
);
