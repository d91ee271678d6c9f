// Every probe, one line each.

export { batteries } from './batteries.ts';
export { conntrack } from './conntrack.ts';
export { cpu } from './cpu.ts';
export { cpu_frequency } from './cpu-frequency.ts';
export { disks } from './disks.ts';
export { energy } from './energy.ts';
export { file_systems } from './file-systems.ts';
export { load } from './load.ts';
export { memory } from './memory.ts';
export { network } from './network.ts';
export { numa } from './numa.ts';
export { paging } from './paging.ts';
export { pressure } from './pressure.ts';
export { sensors } from './sensors.ts';
export { sockets } from './sockets.ts';
export { swap } from './swap.ts';
