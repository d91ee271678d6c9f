// Inputs that swing between well and unwell, each in another way.

import type { Measure } from '@ganglion/topics';
import type { Random } from '../../modules/simulator/src/random.ts';

/** One that flaps: `flap` makes a healthy measure what it is `since_ms` after it began. */
export interface Flapping {
  readonly name: string;
  /** For how long it is well before it is unwell again. */
  readonly well_s: number;
  flap(body: Measure, since_ms: number, chance: Random): void;
}

/** A machine that does about the same all day. */
export function healthy(chance: Random): Measure {
  return {
    cpu_percentage: 12 + chance.around(),
    memory_percentage: 40 + 0.2 * chance.around(),
    swap_percentage: 2,
    file_systems_percentage: 50,
    cpu: { iowait_percentage: 0.5, steal_percentage: 0 },
    disks: {
      devices: {
        sda: {
          read_latency_ms: 1 + 0.1 * chance.around(),
          write_latency_ms: 2 + 0.1 * chance.around(),
          read_bytes_per_second: 1e6 * (1 + 0.1 * chance.around()),
          written_bytes_per_second: 2e6 * (1 + 0.1 * chance.around()),
        },
      },
    },
    network: {
      interfaces: {
        eth0: {
          received_bytes_per_second: 2e6 * (1 + 0.1 * chance.around()),
          sent_bytes_per_second: 1e6 * (1 + 0.1 * chance.around()),
          receive_errors_per_second: 0,
          receive_drops_per_second: 0,
        },
      },
    },
    sensors: { hottest_celsius: 45 + chance.around() },
    processes: { total: 200, waiting: 0 },
  };
}

/** Up for a time and down for a time, in seconds, again and again. */
function square(since_ms: number, up_s: number, down_s: number): boolean {
  return (since_ms / 1_000) % (up_s + down_s) < up_s;
}

const cpu = (name: string, up_s: number, down_s: number, high: number, low: number): Flapping => ({
  name: `CPU ${name}`,
  well_s: down_s,
  flap: (body, since_ms, chance) => {
    body.cpu_percentage = Math.min(100, (square(since_ms, up_s, down_s) ? high : low) + chance.around());
  },
});

const memory = (name: string, up_s: number, down_s: number, high: number, low: number): Flapping => ({
  name: `memory ${name}`,
  well_s: down_s,
  flap: (body, since_ms) => {
    body['memory_percentage'] = square(since_ms, up_s, down_s) ? high : low;
  },
});

type Device = Record<string, number>;

const device = (
  name: string,
  resource: string,
  list: string,
  key: string,
  figure: string,
  high: number,
  up_s: number,
  down_s: number,
): Flapping => ({
  name,
  well_s: down_s,
  flap: (body, since_ms) => {
    const devices = (body[resource] as Record<string, Record<string, Device>>)[list]?.[key];
    if (devices !== undefined && square(since_ms, up_s, down_s)) devices[figure] = high;
  },
});

/** Twenty of them. */
export const FLAPPING: readonly Flapping[] = [
  cpu('every second around HIGH', 1, 1, 77, 73),
  cpu('every 5 s around HIGH', 5, 5, 80, 70),
  cpu('every 5 s, all or nothing', 5, 5, 99, 10),
  cpu('every 20 s, all or nothing', 20, 20, 99, 10),
  cpu('every minute, all or nothing', 60, 60, 99, 10),
  cpu('90 s up, 30 s down', 90, 30, 99, 10),
  cpu('5 min up, 5 min down', 300, 300, 99, 10),
  cpu('2 min up, 10 min down', 120, 600, 99, 10),
  memory('every 3 s around HIGH', 3, 3, 91, 89),
  memory('every 30 s around HIGH', 30, 30, 92, 87),
  memory('70 s up, 70 s down', 70, 70, 95, 60),
  memory('10 min up, 10 min down', 600, 600, 95, 40),
  device('disk latency every 10 s', 'disks', 'devices', 'sda', 'write_latency_ms', 400, 10, 10),
  device('disk latency 1 min of 5', 'disks', 'devices', 'sda', 'write_latency_ms', 400, 60, 240),
  device('network every 15 s', 'network', 'interfaces', 'eth0', 'received_bytes_per_second', 9e7, 15, 15),
  device('network 3 min of 6', 'network', 'interfaces', 'eth0', 'received_bytes_per_second', 9e7, 180, 180),
  device('drops 30 s of 60', 'network', 'interfaces', 'eth0', 'receive_drops_per_second', 300, 30, 30),
  device('errors 1 min of 20', 'network', 'interfaces', 'eth0', 'receive_errors_per_second', 50, 60, 1_140),
  {
    name: 'temperature 2 min of 4',
    well_s: 120,
    flap: (body, since_ms) => {
      if (square(since_ms, 120, 120)) body['sensors'] = { hottest_celsius: 90 };
    },
  },
  {
    name: 'waiting processes by chance',
    well_s: 1,
    flap: (body, _since_ms, chance) => {
      if (chance.next() < 0.5) body['processes'] = { total: 200, waiting: 20 };
    },
  },
];
