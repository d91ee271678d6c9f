export { collectd } from './collectd.ts';
export { telegraf } from './telegraf.ts';
