import { DEAD_LETTERS_MAX, memoryBus } from '@ganglion/kernel';
import { busConformance } from './index.ts';

busConformance(
  'the in-memory bus',
  {
    spans_processes: false,
    outlives_process: false,
    counts_kept_drops: true,
    shares_out: false,
    dead_letters_max: DEAD_LETTERS_MAX,
    can_lose_connection: false,
  },
  () => memoryBus(),
);
