// Every rule, one line each. No two of them write the same field.

export { anomaly } from './anomaly.ts';
export { bands } from './bands.ts';
export { expectations } from './expectations.ts';
export { forecast } from './forecast.ts';
export { presence } from './presence.ts';
