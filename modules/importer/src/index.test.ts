import { runUnderTest, type Subject } from '@ganglion/testkit';
import { measure } from '@ganglion/topics';
import { describe, expect, it, onTestFinished } from 'vitest';
import importer from './index.ts';

const HOST = 'db-01.example.com';

/** A value list as collectd's plugin amqp writes it. */
function list(plugin: string, type: string, values: Record<string, number | null>, more: object = {}) {
  return {
    values: Object.values(values),
    dstypes: Object.keys(values).map(() => 'gauge'),
    dsnames: Object.keys(values),
    time: 1_795_639_456.5,
    interval: 10,
    host: HOST,
    plugin,
    plugin_instance: '',
    type,
    type_instance: '',
    ...more,
  };
}

const of = (type_instance: string, plugin_instance = '') => ({ type_instance, plugin_instance });
const derive = { dstypes: ['derive', 'derive'] };

const CPU = ['0', '1'].flatMap((core) => [
  list('cpu', 'cpu', { value: 20 }, of('user', core)),
  list('cpu', 'cpu', { value: 5 }, of('system', core)),
  list('cpu', 'cpu', { value: core === '0' ? 75 : 55 }, of('idle', core)),
  list('cpu', 'cpu', { value: core === '0' ? 0 : 20 }, of('wait', core)),
]);

/** A machine of an agent, as the tracker would tell of it. */
async function imported(family: string, ...bodies: unknown[]) {
  await using subject = await runUnderTest(importer);
  return await firstMeasure(subject, family, bodies);
}

async function firstMeasure(subject: Subject, family: string, bodies: readonly unknown[]) {
  for (const body of bodies) subject.sendRaw(`agents.${family}`, JSON.stringify(body));
  const [first] = await subject.messages(measure, 1);
  return first;
}

describe('a machine with collectd', () => {
  it('is a machine like any other, under its whole name, at its own time', async () => {
    const message = await imported(
      'collectd',
      CPU,
      [
        list('memory', 'memory', { value: 600 }, of('used')),
        list('memory', 'memory', { value: 200 }, of('free')),
        list('memory', 'memory', { value: 100 }, of('cached')),
        list('memory', 'memory', { value: 50 }, of('buffered')),
        list('memory', 'memory', { value: 50 }, of('slab_recl')),
      ],
      [list('load', 'load', { shortterm: 1, midterm: 0.5, longterm: 0.25 })],
      [
        list('df', 'df_complex', { value: 300 }, of('used', 'var-log')),
        list('df', 'df_complex', { value: 100 }, of('free', 'var-log')),
        list('df', 'df_complex', { value: 10 }, of('reserved', 'var-log')),
        list('df', 'df_complex', { value: 1 }, of('used', 'root')),
        list('df', 'df_complex', { value: 99 }, of('free', 'root')),
        list('df', 'df_complex', { value: 1 }, of('used', 'run-lock')),
      ],
      [
        list('disk', 'disk_octets', { read: 1_000, write: 2_000 }, { ...derive, ...of('', 'sda') }),
        list('disk', 'disk_io_time', { io_time: 250, weighted_io_time: 900 }, { ...derive, ...of('', 'sda') }),
      ],
      [list('interface', 'if_octets', { rx: 10, tx: 20 }, { ...derive, ...of('', 'eth0') })],
      [list('interface', 'if_octets', { rx: 10, tx: 20 }, { ...derive, ...of('', 'lo') })],
      [list('swap', 'swap', { value: 25 }, of('used')), list('swap', 'swap', { value: 75 }, of('free'))],
      [list('processes', 'ps_state', { value: 3 }, of('zombies'))],
      [list('sensors', 'temperature', { value: 41.5 }, of('temp1', 'coretemp-isa-0000'))],
    );
    expect(message?.source).toBe(HOST);
    expect(message?.time_ms).toBe(1_795_639_456_500);
    expect(message?.body).toEqual({
      cpu_percentage: 25,
      cpu: {
        cores: 2,
        core_percentages: [25, 25],
        user_percentage: 20,
        system_percentage: 5,
        idle_percentage: 65,
        iowait_percentage: 10,
      },
      memory_percentage: 60,
      memory: {
        used_bytes: 600,
        free_bytes: 200,
        cached_bytes: 100,
        buffers_bytes: 50,
        slab_recl_bytes: 50,
        total_bytes: 1_000,
        available_bytes: 400,
      },
      load_percentage: 50,
      load: { load_1: 1, load_5: 0.5, load_15: 0.25 },
      file_systems_percentage: 75,
      file_systems: {
        mounts: {
          '/var/log': {
            used_bytes: 300,
            available_bytes: 100,
            reserved_bytes: 10,
            total_bytes: 410,
            used_percentage: 75,
          },
          '/': { used_bytes: 1, available_bytes: 99, total_bytes: 100, used_percentage: 1 },
        },
      },
      disks_percentage: 25,
      disks: {
        devices: { sda: { read_bytes_per_second: 1_000, written_bytes_per_second: 2_000, busy_percentage: 25 } },
      },
      network: { interfaces: { eth0: { received_bytes_per_second: 10, sent_bytes_per_second: 20 } } },
      swap_percentage: 25,
      swap: { used_bytes: 25, free_bytes: 75, total_bytes: 100 },
      processes: { zombies: 3 },
      sensors: { temperatures: { 'coretemp-isa-0000 temp1': { celsius: 41.5 } } },
    });
  });

  it('tells what a plugin says that nobody told us about, with units where its types have them', async () => {
    const message = await imported(
      'collectd',
      [...CPU, list('ping', 'ping', { value: 1.5 }, of('example.com'))],
      [list('moon', 'temperature', { value: -170 }, of('dark_side'))],
      [list('nginx', 'nginx_requests', { value: 9 }, { dstypes: ['derive'] })],
      [list('vpn', 'if_octets', { rx: 1, tx: 2 }, { ...derive, ...of('', 'tun 0') })],
      [list('__proto__', 'gauge', { value: 1 }, of('x', '__proto__'))],
    );
    expect(message?.body).toMatchObject({
      ping: { example_com: 1.5 },
      moon: { dark_side_celsius: -170 },
      nginx: { nginx_requests_per_second: 9 },
      vpn: { instances: { 'tun 0': { if_rx_bytes_per_second: 1, if_tx_bytes_per_second: 2 } } },
      proto: { instances: { _proto_: { x: 1 } } },
    });
  });

  it.each([
    [
      'by state alone',
      [list('cpu', 'percent', { value: 30 }, of('user')), list('cpu', 'percent', { value: 70 }, of('idle'))],
      30,
    ],
    [
      'by core alone',
      [
        list('cpu', 'percent', { value: 10 }, of('active', '0')),
        list('cpu', 'percent', { value: 30 }, of('active', '1')),
      ],
      20,
    ],
    ['with a state that is not known', [...CPU, list('cpu', 'cpu', { value: null }, of('steal', '0'))], 25],
  ])('may tell of its CPU %s', async (_how, lists, percentage) => {
    expect((await imported('collectd', lists))?.body.cpu_percentage).toBe(percentage);
  });

  it('is no machine before it tells of its CPU, and that is counted', async () => {
    await using subject = await runUnderTest(importer);
    subject.sendRaw('agents.collectd', JSON.stringify([list('load', 'load', { shortterm: 1 })]));
    while ((await subject.pulse()).counts['without_cpu'] === undefined);
    const message = await firstMeasure(subject, 'collectd', [CPU]);
    expect(message?.body).toMatchObject({ cpu_percentage: 25, load: { load_1: 1 } });
  });

  it('does not tell what has not come for three intervals', async () => {
    await using subject = await runUnderTest(importer);
    const at = (seconds: number, lists: readonly object[]) =>
      lists.map((each) => ({ ...each, interval: 0.05, time: 1_795_639_456 + seconds }));
    await firstMeasure(subject, 'collectd', [at(0, [...CPU, list('load', 'load', { shortterm: 1 })])]);
    subject.sendRaw('agents.collectd', JSON.stringify(at(1, CPU)));
    const [first, second] = await subject.messages(measure, 2);
    expect(first?.body).toHaveProperty('load');
    expect(second?.body).not.toHaveProperty('load');
  });

  it('is told at the pace of its fastest plugin, whatever comes first', async () => {
    await using subject = await runUnderTest(importer);
    const at = (seconds: number, interval: number, lists: readonly object[]) =>
      lists.map((each) => ({ ...each, interval, time: 1_795_639_456 + seconds }));
    const slow = [list('load', 'load', { shortterm: 1 })];
    await firstMeasure(subject, 'collectd', [at(0, 80_000, slow), at(0, 0.5, CPU)]);
    subject.sendRaw('agents.collectd', JSON.stringify(at(1, 80_000, slow)));
    subject.sendRaw('agents.collectd', JSON.stringify(at(1, 0.5, CPU)));
    const [, second] = await subject.messages(measure, 2);
    expect(second?.body).toHaveProperty('load');
  });

  it('is back after its clock was set back, once nothing newer comes', async () => {
    await using subject = await runUnderTest(importer);
    const at = (seconds: number) => CPU.map((each) => ({ ...each, interval: 0.5, time: 1_795_639_456 + seconds }));
    await firstMeasure(subject, 'collectd', [at(3_600)]);
    let seconds = 0;
    const timer = setInterval(() => {
      subject.sendRaw('agents.collectd', JSON.stringify(at(seconds++)));
    }, 50);
    onTestFinished(() => clearInterval(timer));
    const [, second] = await subject.messages(measure, 2);
    expect(second?.time_ms).toBeLessThan(1_795_639_456_000 + 3_600_000);
    expect((await subject.pulse()).counts['late_figures']).toBeGreaterThan(0);
  });

  it.each([
    ['no array', { host: HOST }],
    ['no host', [list('load', 'load', { shortterm: 1 }, { host: '' })]],
    ['texts for values', [{ ...list('load', 'load', {}), values: ['1'] }]],
    ['its other format', 'PUTVAL "a/load/load" N:1:2:3'],
  ])('is refused with %s, and counted', async (_what, body) => {
    await using subject = await runUnderTest(importer);
    subject.sendRaw('agents.collectd', typeof body === 'string' ? body : JSON.stringify(body));
    const { failed } = await subject.pulse();
    expect(Object.values(failed['collectd'] ?? {})).toEqual([1]);
  });
});

describe('a machine with Telegraf', () => {
  const metric = (name: string, fields: object, tags: object = {}, timestamp = 1_795_639_450) => ({
    name,
    fields,
    tags: { host: HOST, ...tags },
    timestamp,
  });

  it('is a machine like any other; what grows is told as a rate', async () => {
    await using subject = await runUnderTest(importer);
    const at = (round: number) => {
      const time = 1_795_639_450 + 10 * round;
      return {
        metrics: [
          metric('cpu', { usage_user: 10, usage_idle: 85, usage_iowait: 5 }, { cpu: 'cpu-total' }, time),
          metric('mem', { total: 1_000, available: 250, free: 100 }, {}, time),
          metric('system', { load1: 1, n_cpus: 4 }, {}, time),
          metric('disk', { total: 100, used: 60, free: 40, used_percent: 60 }, { path: '/', fstype: 'ext4' }, time),
          metric('diskio', { read_bytes: 1_000 * round, io_time: 5_000 * round }, { name: 'sda' }, time),
          metric('net', { bytes_recv: 7 + 100 * round, bytes_sent: 50 }, { interface: 'eth0' }, time),
          metric('nginx', { active: 3, note: 'x' }, { port: '80', server: 'a' }, time),
        ],
      };
    };
    await firstMeasure(subject, 'telegraf', [at(0)]);
    subject.sendRaw('agents.telegraf', JSON.stringify(at(1)));
    const [, second] = await subject.messages(measure, 2);
    expect(second).toMatchObject({ source: HOST, time_ms: 1_795_639_460_000 });
    expect(second?.body).toEqual({
      cpu_percentage: 10,
      cpu: { user_percentage: 10, idle_percentage: 85, iowait_percentage: 5, cores: 4 },
      memory_percentage: 75,
      memory: { total_bytes: 1_000, available_bytes: 250, free_bytes: 100, used_bytes: 750 },
      load_percentage: 25,
      load: { load_1: 1 },
      file_systems_percentage: 60,
      file_systems: { mounts: { '/': { total_bytes: 100, used_bytes: 60, available_bytes: 40, used_percentage: 60 } } },
      disks_percentage: 50,
      disks: { devices: { sda: { read_bytes_per_second: 100, busy_percentage: 50 } } },
      network: { interfaces: { eth0: { received_bytes_per_second: 10, sent_bytes_per_second: 0 } } },
      nginx: { instances: { '80 a': { active: 3 } } },
    });
  });

  it.each([
    ['seconds', 1_795_639_450],
    ['milliseconds', 1_795_639_450_000],
    ['microseconds', 1_795_639_450_000_000],
    ['nanoseconds', 1_795_639_450_000_000_000],
  ])('may tell its time in %s, one metric a message', async (_unit, timestamp) => {
    const message = await imported('telegraf', metric('cpu', { usage_idle: 40 }, { cpu: 'cpu-total' }, timestamp));
    expect(message).toMatchObject({ time_ms: 1_795_639_450_000, body: { cpu_percentage: 60 } });
  });
});
