// collectd, by its plugin amqp with `Format JSON` and `StoreRates true`: an array of value lists in each message.
// https://www.collectd.org/documentation/manpages/collectd.conf.html#plugin-amqp

import { defineTopic } from '@ganglion/kernel';
import Type from 'typebox';
import { type Body, largest, share, snake } from '../body.ts';
import { defineSource, type Known } from '../source.ts';

/** Texts are names; collectd itself allows 63 or 127 characters. */
const Name = Type.String({ maxLength: 255 });

/** A value list: values of one thing at one time. */
const ValueList = Type.Object({
  host: Type.String({ minLength: 1, maxLength: 200 }),
  plugin: Name,
  plugin_instance: Type.Optional(Name),
  type: Name,
  type_instance: Type.Optional(Name),
  /** null: it is not known. */
  values: Type.Array(Type.Union([Type.Number(), Type.Null()]), { maxItems: 64 }),
  dsnames: Type.Array(Name, { maxItems: 64 }),
  dstypes: Type.Array(Name, { maxItems: 64 }),
  /** Both in seconds. */
  time: Type.Number({ minimum: 0 }),
  interval: Type.Number({ minimum: 0, maximum: 86_400 }),
});

const topic = defineTopic('collectd', Type.Array(ValueList, { title: 'Value lists of collectd', maxItems: 10_000 }));

export const collectd = defineSource({
  topic,
  *read(lists) {
    for (const list of lists) {
      const { host, plugin, plugin_instance = '', type, type_instance = '', values, dsnames, dstypes } = list;
      for (const [i, value] of values.entries()) {
        if (value === null) continue;
        const parts = [plugin, plugin_instance, type, type_instance, dsnames[i] ?? 'value', dstypes[i] ?? 'gauge'];
        yield {
          machine: host,
          id: parts.join(SEPARATOR),
          value,
          time_ms: Math.round(list.time * 1_000),
          interval_ms: list.interval > 0 ? list.interval * 1_000 : undefined,
        };
      }
    }
  },
  compose(known, body) {
    const cpu = new Cpu();
    for (const each of known) {
      const value = wordsOf(each);
      if (value.plugin === 'cpu') cpu.take(value);
      else if (Object.hasOwn(PLUGINS, value.plugin)) PLUGINS[value.plugin]?.(value, body);
      else generic(value, body);
    }
    cpu.tell(body);
    conclude(body);
  },
});

/** In no name that anyone gives. */
const SEPARATOR = '\n';

/** One value, by collectd's own words for what it is. */
interface Value {
  readonly plugin: string;
  readonly instance: string;
  readonly type: string;
  readonly of: string;
  /** Which of several in a value list: `rx` and `tx`; `value` where there is one. */
  readonly part: string;
  /** `gauge`, or what is told as a rate. */
  readonly kind: string;
  readonly value: number;
}

function wordsOf({ id, value }: Known): Value {
  const [plugin = '', instance = '', type = '', of = '', part = '', kind = ''] = id.split(SEPARATOR);
  return { plugin, instance, type, of, part, kind, value };
}

/** What of a CPU's time collectd tells, and what we call it. */
const MODES: Readonly<Record<string, string>> = {
  user: 'user',
  nice: 'nice',
  system: 'system',
  idle: 'idle',
  wait: 'iowait',
  interrupt: 'irq',
  softirq: 'softirq',
  steal: 'steal',
  guest: 'guest',
  guest_nice: 'guest_nice',
};

/** The CPU: by core and state or not, in ticks or percent; of either the shares are the same. */
class Cpu {
  readonly #cores = new Map<string, Map<string, number>>();

  take({ instance, of, value, type }: Value): void {
    // `count` is how many there are, `active` is told instead of the states.
    if (type !== 'cpu' && type !== 'percent') return;
    const core = this.#cores.get(instance) ?? new Map<string, number>();
    this.#cores.set(instance, core.set(of, value));
  }

  tell(body: Body): void {
    const modes = new Map<string, number>();
    const busy: number[] = [];
    for (const core of this.#cores.values()) {
      const percentage = busyOf(core);
      if (percentage !== undefined) busy.push(percentage);
      for (const [mode, value] of core) modes.set(mode, (modes.get(mode) ?? 0) + value);
    }
    const all = busyOf(modes);
    const mean = busy.reduce((sum, each) => sum + each, 0) / busy.length;
    body.headline('cpu', modes.has('active') ? mean : all);
    const whole = sumOf(modes);
    if (!modes.has('active')) {
      for (const [mode, value] of modes) {
        if (Object.hasOwn(MODES, mode)) body.set('cpu', `${MODES[mode]}_percentage`, share(value, whole));
      }
    }
    const numbers = [...this.#cores.keys()].filter((name) => /^\d+$/.test(name)).map(Number);
    if (numbers.length === 0) return;
    body.set('cpu', 'cores', numbers.length);
    const in_order = numbers.sort((a, b) => a - b).map((number) => this.#cores.get(String(number)));
    body.list(
      'cpu',
      'core_percentages',
      in_order.map((core) => core && busyOf(core)),
    );
  }
}

/** In percent; of guests the time is in that of programs already. */
function busyOf(core: ReadonlyMap<string, number>): number | undefined {
  const active = core.get('active');
  if (active !== undefined) return active;
  return share(sumOf(core) - (core.get('idle') ?? 0) - (core.get('wait') ?? 0), sumOf(core));
}

function sumOf(core: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [mode, value] of core) if (mode !== 'active') sum += value;
  return sum;
}

/** Sets a field that a value's type and part lead to, if they do. */
function setBy(table: Readonly<Record<string, string>>, key: string, set: (field: string) => void): void {
  const field = Object.hasOwn(table, key) ? table[key] : undefined;
  if (field !== undefined) set(field);
}

const MEMORY: Readonly<Record<string, string>> = {
  free: 'free_bytes',
  cached: 'cached_bytes',
  buffered: 'buffers_bytes',
};
const LOAD: Readonly<Record<string, string>> = { shortterm: 'load_1', midterm: 'load_5', longterm: 'load_15' };
const DISK: Readonly<Record<string, string>> = {
  'disk_octets read': 'read_bytes_per_second',
  'disk_octets write': 'written_bytes_per_second',
  'disk_ops read': 'reads_per_second',
  'disk_ops write': 'writes_per_second',
  'pending_operations value': 'queue',
};
const INTERFACE: Readonly<Record<string, string>> = {
  'if_octets rx': 'received_bytes_per_second',
  'if_octets tx': 'sent_bytes_per_second',
  'if_packets rx': 'received_packets_per_second',
  'if_packets tx': 'sent_packets_per_second',
  'if_errors rx': 'receive_errors_per_second',
  'if_errors tx': 'send_errors_per_second',
  'if_dropped rx': 'receive_drops_per_second',
  'if_dropped tx': 'send_drops_per_second',
};
const PAGING: Readonly<Record<string, string>> = {
  'vmpage_faults  minflt': 'minor_faults_per_second',
  'vmpage_faults  majflt': 'major_faults_per_second',
  'vmpage_io swap in': 'swapped_in_pages_per_second',
  'vmpage_io swap out': 'swapped_out_pages_per_second',
};
const STATES: Readonly<Record<string, string>> = {
  running: 'running',
  sleeping: 'sleeping',
  blocked: 'waiting',
  idle: 'idle',
  stopped: 'stopped',
  zombies: 'zombies',
};

/** What plugins tell that we have names for; of the others everything is told under their own. */
const PLUGINS: Readonly<Record<string, (value: Value, body: Body) => void>> = {
  memory: ({ type, of, value }, body) => {
    if (type === 'percent') body.set('memory', `${of}_percentage`, value);
    else {
      setBy(MEMORY, of, (field) => body.set('memory', field, value));
      if (!Object.hasOwn(MEMORY, of)) body.set('memory', `${of}_bytes`, value);
    }
  },
  swap: ({ type, of, value }, body) => {
    if (type === 'swap') body.set('swap', `${of}_bytes`, value);
    if (type === 'percent') body.set('swap', `${of}_percentage`, value);
  },
  load: ({ part, value }, body) => setBy(LOAD, part, (field) => body.set('load', field, value)),
  df: ({ instance, type, of, value }, body) => {
    const mount = instance === 'root' ? '/' : `/${instance.replaceAll('-', '/')}`;
    // Nothing of these is on a disk.
    if (/^\/(dev|proc|run|sys)(\/|$)/.test(mount)) return;
    if (type === 'df_complex') body.item('file_systems', 'mounts', mount, DF[of] ?? `${of}_bytes`, value);
    if (type === 'df_inodes' && of === 'used') body.item('file_systems', 'mounts', mount, 'inodes_used', value);
  },
  disk: ({ instance, type, part, value }, body) => {
    // Milliseconds of each second are tenths of a percent.
    if (type === 'disk_io_time' && part === 'io_time') {
      body.item('disks', 'devices', instance, 'busy_percentage', Math.min(100, value / 10));
    }
    setBy(DISK, `${type} ${part}`, (field) => body.item('disks', 'devices', instance, field, value));
  },
  interface: ({ instance, type, part, value }, body) => {
    if (instance === 'lo') return;
    setBy(INTERFACE, `${type} ${part}`, (field) => body.item('network', 'interfaces', instance, field, value));
  },
  processes: ({ instance, type, of, value }, body) => {
    if (instance !== '') return;
    if (type === 'ps_state') setBy(STATES, of, (field) => body.set('processes', field, value));
    if (type === 'fork_rate') body.set('cpu', 'forks_per_second', value);
  },
  contextswitch: ({ value }, body) => body.set('cpu', 'context_switches_per_second', value),
  vmem: ({ type, of, part, value }, body) =>
    setBy(PAGING, `${type} ${of} ${part}`, (field) => body.set('paging', field, value)),
  sensors: (value, body) => sensor(value, body),
  thermal: (value, body) => sensor(value, body),
  uptime: ({ value }, body) => body.set('uptime', 'uptime_seconds', value),
};

const DF: Readonly<Record<string, string>> = {
  used: 'used_bytes',
  free: 'available_bytes',
  reserved: 'reserved_bytes',
};

function sensor({ instance, type, of, value }: Value, body: Body): void {
  const name = [instance, of].filter((part) => part !== '').join(' ');
  if (type === 'temperature') body.item('sensors', 'temperatures', name, 'celsius', value);
  if (type === 'fanspeed') body.item('sensors', 'fans', name, 'rpm', value);
  if (type === 'power') body.item('sensors', 'power', name, 'watts', value);
}

/** What the types of collectd are counted in, as far as that is known: https://github.com/collectd/collectd/blob/main/src/types.db */
const TYPE_UNITS: Readonly<Record<string, string>> = {
  percent: 'percentage',
  bytes: 'bytes',
  memory: 'bytes',
  temperature: 'celsius',
  voltage: 'volts',
  power: 'watts',
  fanspeed: 'rpm',
  frequency: 'hertz',
  cpufreq: 'hertz',
  uptime: 'seconds',
};

/** A plugin that nobody told us about: its figures under its name, with units where its types say them. */
function generic({ plugin, instance, type, of, part, kind, value }: Value, body: Body): void {
  const unit = Object.hasOwn(TYPE_UNITS, type) ? TYPE_UNITS[type] : undefined;
  const ending = kind === 'gauge' ? unit : type.endsWith('_octets') ? 'bytes_per_second' : 'per_second';
  const is_plain = unit !== undefined || type === plugin || type === 'gauge' || type === 'derive' || type === 'counter';
  const words = [is_plain ? '' : type.replace(/_octets$/, ''), of, part === 'value' ? '' : part];
  const stem = words
    .filter((word) => word !== '')
    .map(snake)
    .join('_');
  const field = [stem, ending].filter(Boolean).join('_') || 'value';
  if (instance === '') body.set(snake(plugin), field, value);
  else body.item(snake(plugin), 'instances', instance, field, value);
}

/** What follows from several figures. */
function conclude(body: Body): void {
  const bytes = (field: string) => body.get('memory', `${field}_bytes`) ?? 0;
  const parts = ['used', 'free', 'cached', 'buffers', 'slab_recl', 'slab_unrecl'].map(bytes);
  const total = parts.reduce((sum, each) => sum + each, 0);
  if (total > 0) {
    const used = bytes('used') + bytes('slab_unrecl');
    body.set('memory', 'total_bytes', total);
    body.set('memory', 'available_bytes', total - used);
    body.set('memory', 'used_bytes', used);
    body.headline('memory', share(used, total));
  } else body.headline('memory', body.get('memory', 'used_percentage'));

  const swap_used = body.get('swap', 'used_bytes') ?? 0;
  const swap_total = swap_used + (body.get('swap', 'free_bytes') ?? 0) + (body.get('swap', 'cached_bytes') ?? 0);
  if (swap_total > 0) body.set('swap', 'total_bytes', swap_total);
  body.headline('swap', share(swap_used, swap_total));

  const cores = body.get('cpu', 'cores');
  const load = body.get('load', 'load_1');
  if (cores !== undefined && load !== undefined) body.headline('load', share(load, cores));

  for (const [mount, { used_bytes = 0, available_bytes = 0, reserved_bytes = 0 }] of body.items(
    'file_systems',
    'mounts',
  )) {
    const percentage = share(used_bytes, used_bytes + available_bytes);
    body.item('file_systems', 'mounts', mount, 'total_bytes', used_bytes + available_bytes + reserved_bytes);
    body.item('file_systems', 'mounts', mount, 'used_percentage', percentage);
  }
  body.headline(
    'file_systems',
    largest(body.items('file_systems', 'mounts').map(([, each]) => each['used_percentage'])),
  );
  body.headline('disks', largest(body.items('disks', 'devices').map(([, each]) => each['busy_percentage'])));
}
