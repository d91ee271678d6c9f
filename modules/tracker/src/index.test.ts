import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, type Log, memoryBus, type RunningModule, readConfig, runModule, silentLog } from '@ganglion/kernel';
import { afterEach, describe, expect, it, vi } from 'vitest';
import tracker, { LABEL_CHARACTERS_MAX, LABELS_MAX } from './index.ts';
import { capturedLater, rootOf } from './probes/captured.ts';

const MACHINE = 'server-128-cores-linux-5.15';

const releases: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

/** A copy of a captured /proc, so that a test can let time pass in it. */
function copyOf(machine: string): string {
  const root = mkdtempSync(join(tmpdir(), 'ganglion-tracker-'));
  releases.push(() => rmSync(root, { recursive: true }));
  cpSync(rootOf(machine), root, { recursive: true });
  return root;
}

async function run(config: object, log: Log = silentLog): Promise<{ bus: Bus; running: RunningModule; seen: Seen[] }> {
  const bus = memoryBus();
  const seen: Seen[] = [];
  bus.subscribe(
    { name: 'test', pattern: '#', delivery: 'live', limit_messages: 1000, in_flight_max: 1000, onDrop: () => {} },
    async ({ key, payload, properties }) => {
      seen.push({ key, body: JSON.parse(Buffer.from(payload).toString()), time_ms: Date.parse(properties.time ?? '') });
    },
  );
  const running = await runModule(tracker, { bus, log, config, pulse_interval_ms: 20 });
  releases.push(() => running.stop());
  return { bus, running, seen };
}

interface Seen {
  readonly key: string;
  readonly body: Record<string, unknown>;
  readonly time_ms: number;
}

interface Cgroups {
  readonly units: Readonly<Record<string, { readonly oom_kills?: number } | undefined>>;
}

const measuresIn = (seen: readonly Seen[]) => seen.filter(({ key }) => key.endsWith('.measure'));

/** A figure of the tracker's own in all its pulses. */
const counted = (seen: readonly Seen[], name: string): number =>
  seen.reduce((sum, { body }) => sum + ((body['counts'] as Record<string, number> | undefined)?.[name] ?? 0), 0);

describe('the tracker', () => {
  it('publishes a measure of everything that its probes read, under the name of the machine', async () => {
    const root = copyOf(MACHINE);
    const before_ms = Date.now();
    const { seen } = await run({ root, machine: 'db-01.example.com', interval_ms: 100 });
    writeFileSync(join(root, 'stat'), capturedLater(MACHINE, 'stat') ?? '');
    await expect.poll(() => measuresIn(seen)).not.toEqual([]);
    const [measure] = measuresIn(seen);
    expect(measure).toMatchObject({
      key: 'db-01.example.com.measure',
      body: {
        cpu_percentage: 40.79,
        cpu: { cores: 126 },
        memory_percentage: 20,
        memory: { available_from: 'kernel' },
        swap_percentage: 25,
        load_percentage: 49.52,
        load: { tasks: 4811 },
      },
    });
    expect(measure?.time_ms).toSatisfy((time_ms: number) => time_ms >= before_ms && time_ms <= Date.now());
  });

  it('goes on, a measure each interval', async () => {
    const root = copyOf(MACHINE);
    const { seen } = await run({ root, machine: 'm', interval_ms: 100 });
    const moments = [capturedLater(MACHINE, 'stat') ?? '', readFileSync(join(rootOf(MACHINE), 'stat'), 'utf8')];
    for (let n = 0; n < 2; n++) {
      writeFileSync(join(root, 'stat'), moments[0] ?? '');
      await expect.poll(() => measuresIn(seen).length).toBe(n + 1);
      // Time that goes back is not measured, so that the next measure is again of the same second. One sample without may be of
      // before.
      writeFileSync(join(root, 'stat'), moments[1] ?? '');
      const gone_back = counted(seen, 'samples_without_cpu');
      await expect.poll(() => counted(seen, 'samples_without_cpu')).toBeGreaterThan(gone_back + 1);
    }
    expect(measuresIn(seen).map(({ body }) => body['cpu_percentage'])).toEqual([40.79, 40.79]);
    // Samples without a measure take no number: what is missing was lost.
    expect(measuresIn(seen).map(({ body }) => body['sequence'])).toEqual([1, 2]);
  });

  it('counts and tells once that there is no measure without the CPU, and says when there is again', async () => {
    const root = copyOf(MACHINE);
    writeFileSync(join(root, 'stat'), 'nothing of the kind');
    const log = { ...silentLog, warn: vi.fn<Log['warn']>(), info: vi.fn<Log['info']>() };
    const { seen } = await run({ root, machine: 'm', interval_ms: 100 }, log);
    await expect.poll(() => counted(seen, 'samples_without_cpu')).toBeGreaterThanOrEqual(2);
    expect(counted(seen, 'probe_cpu_failed')).toBeGreaterThanOrEqual(2);
    expect(measuresIn(seen)).toEqual([]);
    // The load needs the number of cores, which stands in the same file.
    expect(log.warn.mock.calls.map(([fields]) => fields)).toEqual([
      { code: 'PROC_UNEXPECTED', probe: 'cpu' },
      { code: 'PROC_UNEXPECTED', probe: 'load' },
      { code: 'CPU_UNKNOWN' },
    ]);
    let ticks = 0;
    await expect
      .poll(() => {
        writeFileSync(join(root, 'stat'), `cpu  ${++ticks} 0 0 0\n`);
        return measuresIn(seen);
      })
      .not.toEqual([]);
    expect(log.info.mock.calls.map(([, text]) => text)).toContain('the CPU tells figures again');
  });

  it('tells what happens in the same instant, not at its next sample', async () => {
    const machine = mkdtempSync(join(tmpdir(), 'ganglion-tracker-'));
    releases.push(() => rmSync(machine, { recursive: true }));
    cpSync(join(rootOf(MACHINE), '..'), machine, { recursive: true });
    const root = join(machine, 'proc');
    const { seen } = await run({ root, machine: 'm', interval_ms: 3_600_000 });
    writeFileSync(join(root, 'stat'), capturedLater(MACHINE, 'stat') ?? '');
    await expect.poll(() => measuresIn(seen)).not.toEqual([]);
    const unit = 'nginx.service';
    const killed = ({ body }: Seen) => (body['cgroups'] as Cgroups).units[unit]?.oom_kills;
    expect(measuresIn(seen).map(killed)).toEqual([0]);
    writeFileSync(join(machine, `sys/fs/cgroup/system.slice/${unit}/memory.events`), 'oom 1\noom_kill 1\n');
    await expect.poll(() => measuresIn(seen).map(killed).at(-1)).toBe(1);
    expect(measuresIn(seen).map(({ body }) => body['cpu_percentage'])).toSatisfy((all: number[]) =>
      all.every((percentage) => percentage === 40.79),
    );
  });

  it('stops: no measure comes after', async () => {
    const root = copyOf(MACHINE);
    const { running, seen } = await run({ root, machine: 'm', interval_ms: 100 });
    await running.stop();
    writeFileSync(join(root, 'stat'), capturedLater(MACHINE, 'stat') ?? '');
    const { seen: of_another } = await run({ root: rootOf(MACHINE), machine: 'm', interval_ms: 100 });
    await expect.poll(() => counted(of_another, 'samples_without_cpu')).toBeGreaterThanOrEqual(2);
    expect(measuresIn(seen)).toEqual([]);
  });

  it('tells the labels of the machine where it tells what it is', async () => {
    const labels = { site: 'Zürich', 'rack.row-1': '7' };
    const { seen } = await run({ root: copyOf(MACHINE), machine: 'm', labels });
    const described = () => seen.map(({ body }) => (body['about'] as Record<string, unknown> | undefined)?.['machine']);
    await expect.poll(() => described()).toContainEqual(expect.objectContaining({ name: 'm', labels }));
  });

  it('measures this machine under its whole host name when nothing is set', async () => {
    const { seen } = await run({});
    await expect.poll(() => measuresIn(seen)).not.toEqual([]);
    expect(measuresIn(seen)[0]).toMatchObject({
      key: `${hostname()}.measure`,
      body: { memory: { total_bytes: expect.any(Number) } },
    });
  });
});

describe("the tracker's settings", () => {
  it('have defaults', () => {
    expect(readConfig(tracker)).toEqual({
      interval_ms: 1000,
      root: '/proc',
      report: 'all',
      dead_band: 0.05,
      whole_ms: 30_000,
    });
  });

  it.each([
    [{ interval_ms: 0 }, 'setting tracker.interval_ms: it must be >= 100'],
    [{ interval_ms: 99 }, 'setting tracker.interval_ms: it must be >= 100'],
    [{ interval_ms: 3_600_001 }, 'setting tracker.interval_ms: it must be <= 3600000'],
    [{ interval_ms: 250.5 }, 'setting tracker.interval_ms: it must be integer'],
    [{ intervall_ms: 1000 }, 'setting tracker.intervall_ms: there is no such setting'],
    [{ labels: { Site: 'a' } }, 'setting tracker.labels'],
    [{ labels: { site: '' } }, 'setting tracker.labels.site'],
    [{ labels: { site: 'x'.repeat(LABEL_CHARACTERS_MAX + 1) } }, 'setting tracker.labels.site'],
    [{ labels: { site: 'two\nlines' } }, 'setting tracker.labels.site'],
    [{ labels: { ['x'.repeat(LABEL_CHARACTERS_MAX + 1)]: 'a' } }, 'setting tracker.labels'],
    [
      { labels: Object.fromEntries(Array.from({ length: LABELS_MAX + 1 }, (_, n) => [`l${n}`, 'a'])) },
      'setting tracker.labels',
    ],
    [{ report: 'some' }, 'setting tracker.report'],
    [{ dead_band: 0.6 }, 'setting tracker.dead_band'],
    [{ whole_ms: 999 }, 'setting tracker.whole_ms'],
    [{ probes: { disk: 'off' } }, 'setting tracker.probes'],
    [{ machine: 7 }, 'setting tracker.machine: it must be string'],
    [{ machine: '' }, '"" cannot name a source: it is empty'],
    [{ machine: 'x'.repeat(248) }, '256 bytes of at most 255'],
    [{ root: '/nowhere' }, 'setting tracker.root: there is no /nowhere/stat'],
    [{ root: '' }, 'setting tracker.root: it must not have fewer than 1 characters'],
  ])('are refused with a name and a reason: %j', async (config, text) => {
    await expect(run(config)).rejects.toThrow(
      expect.objectContaining({ configuration: true, message: expect.stringContaining(text) }),
    );
  });
});
