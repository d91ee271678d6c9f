// All that is of PostgreSQL, loaded where it is used.

export { addressOf } from './address.ts';
export { openPostgres } from './store.ts';
