// Telegraf, by its output amqp with `data_format = "json"`: one metric a message, or several in `metrics`.
// https://docs.influxdata.com/telegraf/v1/data_formats/output/json/

import { defineTopic } from '@ganglion/kernel';
import Type, { type Static } from 'typebox';
import { type Body, largest, share, snake } from '../body.ts';
import { defineSource, type Known } from '../source.ts';

const Metric = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 255 }),
  tags: Type.Record(Type.String(), Type.String({ maxLength: 1_000 })),
  fields: Type.Record(Type.String(), Type.Unknown()),
  /** In the unit of `json_timestamp_units`: seconds by default. */
  timestamp: Type.Number({ minimum: 0 }),
});

const topic = defineTopic(
  'telegraf',
  Type.Union([Metric, Type.Object({ metrics: Type.Array(Metric, { maxItems: 10_000 }) })], {
    title: 'Metrics of Telegraf',
  }),
);

export const telegraf = defineSource({
  topic,
  *read(body) {
    for (const metric of 'metrics' in body ? body.metrics : [body]) {
      const { host } = metric.tags;
      if (host === undefined || host === '' || host.length > 200) continue;
      const front = [metric.name, itemOf(metric)].join(SEPARATOR);
      for (const [field, value] of Object.entries(metric.fields)) {
        if (typeof value !== 'number' || !Number.isFinite(value)) continue;
        yield {
          machine: host,
          id: `${front}${SEPARATOR}${field}`,
          value,
          time_ms: inMilliseconds(metric.timestamp),
          interval_ms: undefined,
        };
      }
    }
  },
  compose(known, body) {
    for (const each of known) {
      const [input = '', item = '', field = ''] = each.id.split(SEPARATOR);
      const read = { item, field, ...each };
      if (Object.hasOwn(INPUTS, input)) INPUTS[input]?.(read, body);
      else if (item === '') body.set(snake(input), field, each.value);
      else body.item(snake(input), 'instances', item, field, each.value);
    }
    conclude(body);
  },
});

/** In no name that anyone gives. */
const SEPARATOR = '\n';

/** Tags that name what is measured; the others say more about it, or about the machine. */
const ITEM_TAGS: Readonly<Record<string, string>> = {
  cpu: 'cpu',
  disk: 'path',
  diskio: 'name',
  net: 'interface',
  sensors: 'feature',
  temp: 'sensor',
};

/** Which of several a metric is about; of an input that nobody told us about, all its tags but the machine. */
function itemOf({ name, tags }: Static<typeof Metric>): string {
  const tag = Object.hasOwn(ITEM_TAGS, name) ? ITEM_TAGS[name] : undefined;
  if (tag !== undefined) return (tags[tag] ?? '').replaceAll(SEPARATOR, ' ');
  const others = Object.entries(tags).filter(([each]) => each !== 'host');
  return others
    .map(([, value]) => value)
    .join(' ')
    .replaceAll(SEPARATOR, ' ');
}

/** Whatever the unit: a time of these years tells it by its length. */
function inMilliseconds(timestamp: number): number {
  if (timestamp < 1e11) return Math.round(timestamp * 1_000);
  if (timestamp < 1e14) return Math.round(timestamp);
  return Math.round(timestamp < 1e17 ? timestamp / 1e3 : timestamp / 1e6);
}

/** One value, and what it is about. */
interface Read extends Known {
  readonly item: string;
  readonly field: string;
}

const CPU: Readonly<Record<string, string>> = {
  usage_user: 'user',
  usage_nice: 'nice',
  usage_system: 'system',
  usage_idle: 'idle',
  usage_iowait: 'iowait',
  usage_irq: 'irq',
  usage_softirq: 'softirq',
  usage_steal: 'steal',
  usage_guest: 'guest',
  usage_guest_nice: 'guest_nice',
};
const MEMORY: Readonly<Record<string, string>> = {
  total: 'total_bytes',
  available: 'available_bytes',
  free: 'free_bytes',
  cached: 'cached_bytes',
  buffered: 'buffers_bytes',
  shared: 'shared_bytes',
  dirty: 'dirty_bytes',
};
const SYSTEM: Readonly<Record<string, string>> = { load1: 'load_1', load5: 'load_5', load15: 'load_15' };
const DISK: Readonly<Record<string, string>> = {
  total: 'total_bytes',
  used: 'used_bytes',
  free: 'available_bytes',
  used_percent: 'used_percentage',
  inodes_total: 'inodes',
  inodes_used: 'inodes_used',
};
/** Counters: what they grow by in a second is what we tell. */
const DISKIO: Readonly<Record<string, string>> = {
  read_bytes: 'read_bytes_per_second',
  write_bytes: 'written_bytes_per_second',
  reads: 'reads_per_second',
  writes: 'writes_per_second',
};
const NET: Readonly<Record<string, string>> = {
  bytes_recv: 'received_bytes_per_second',
  bytes_sent: 'sent_bytes_per_second',
  packets_recv: 'received_packets_per_second',
  packets_sent: 'sent_packets_per_second',
  err_in: 'receive_errors_per_second',
  err_out: 'send_errors_per_second',
  drop_in: 'receive_drops_per_second',
  drop_out: 'send_drops_per_second',
};
const PROCESSES: Readonly<Record<string, string>> = {
  total: 'total',
  total_threads: 'threads',
  running: 'running',
  sleeping: 'sleeping',
  blocked: 'waiting',
  idle: 'idle',
  stopped: 'stopped',
  zombies: 'zombies',
};

function nameIn(table: Readonly<Record<string, string>>, field: string): string | undefined {
  return Object.hasOwn(table, field) ? table[field] : undefined;
}

/** What inputs tell that we have names for; of the others everything is told under their own. */
const INPUTS: Readonly<Record<string, (read: Read, body: Body) => void>> = {
  cpu: ({ item, field, value }, body) => {
    if (item === 'cpu-total' || item === '') {
      const mode = nameIn(CPU, field);
      if (mode !== undefined) body.set('cpu', `${mode}_percentage`, value);
    } else if (field === 'usage_idle') body.set('cpu', 'cores', (body.get('cpu', 'cores') ?? 0) + 1);
  },
  mem: ({ field, value }, body) => {
    const name = nameIn(MEMORY, field);
    if (name !== undefined) body.set('memory', name, value);
  },
  swap: ({ field, value }, body) => {
    if (field === 'total' || field === 'used') body.set('swap', `${field}_bytes`, value);
  },
  system: ({ field, value }, body) => {
    const name = nameIn(SYSTEM, field);
    if (name !== undefined) body.set('load', name, value);
    if (field === 'n_cpus') body.set('cpu', 'cores', value);
    if (field === 'uptime') body.set('uptime', 'uptime_seconds', value);
  },
  disk: ({ item, field, value }, body) => {
    const name = nameIn(DISK, field);
    if (name !== undefined) body.item('file_systems', 'mounts', item, name, value);
  },
  diskio: ({ item, field, per_second }, body) => {
    const name = nameIn(DISKIO, field);
    if (name !== undefined) body.item('disks', 'devices', item, name, per_second);
    // Milliseconds of each second are tenths of a percent.
    if (field === 'io_time' && per_second !== undefined) {
      body.item('disks', 'devices', item, 'busy_percentage', Math.min(100, per_second / 10));
    }
  },
  net: ({ item, field, per_second }, body) => {
    const name = nameIn(NET, field);
    if (name !== undefined && item !== 'lo' && item !== 'all') {
      body.item('network', 'interfaces', item, name, per_second);
    }
  },
  processes: ({ field, value }, body) => {
    const name = nameIn(PROCESSES, field);
    if (name !== undefined) body.set('processes', name, value);
  },
  kernel: ({ field, per_second }, body) => {
    if (field === 'context_switches') body.set('cpu', 'context_switches_per_second', per_second);
    if (field === 'interrupts') body.set('cpu', 'interrupts_per_second', per_second);
    if (field === 'processes_forked') body.set('cpu', 'forks_per_second', per_second);
  },
  sensors: ({ item, field, value }, body) => {
    if (field === 'temp_input') body.item('sensors', 'temperatures', item, 'celsius', value);
    if (field === 'fan_input') body.item('sensors', 'fans', item, 'rpm', value);
  },
  temp: ({ item, field, value }, body) => {
    if (field === 'temp') body.item('sensors', 'temperatures', item, 'celsius', value);
  },
};

/** What follows from several figures. */
function conclude(body: Body): void {
  const idle = body.get('cpu', 'idle_percentage');
  if (idle !== undefined) body.headline('cpu', 100 - idle - (body.get('cpu', 'iowait_percentage') ?? 0));

  const total = body.get('memory', 'total_bytes');
  const available = body.get('memory', 'available_bytes');
  if (total !== undefined && available !== undefined) {
    body.set('memory', 'used_bytes', total - available);
    body.headline('memory', share(total - available, total));
  }
  body.headline('swap', share(body.get('swap', 'used_bytes') ?? 0, body.get('swap', 'total_bytes') ?? 0));

  const cores = body.get('cpu', 'cores');
  const load = body.get('load', 'load_1');
  if (cores !== undefined && load !== undefined) body.headline('load', share(load, cores));

  body.headline(
    'file_systems',
    largest(body.items('file_systems', 'mounts').map(([, each]) => each['used_percentage'])),
  );
  body.headline('disks', largest(body.items('disks', 'devices').map(([, each]) => each['busy_percentage'])));
}
