export { graphite } from './graphite.ts';
export { influxdb } from './influxdb.ts';
export { opentelemetry } from './opentelemetry.ts';
export { prometheus } from './prometheus.ts';
export { remote_write } from './remote-write.ts';
