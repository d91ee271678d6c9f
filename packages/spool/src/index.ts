// The public surface: a spool, and what it hands out.

export { openSpool, type Spool, type SpoolDropReason, type Spooled, type SpoolOptions } from './spool.ts';
