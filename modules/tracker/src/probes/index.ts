// Every probe, one line each.

import type { Probe } from '../probe.ts';
import { cpu } from './cpu.ts';
import { load } from './load.ts';
import { memory } from './memory.ts';
import { swap } from './swap.ts';

export const probes: readonly Probe[] = [cpu, memory, swap, load];
