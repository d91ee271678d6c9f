import { runUnderTest, type Subject, takePorts } from '@ganglion/testkit';
import { analysis, birth, death, measure } from '@ganglion/topics';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BODY, born, MACHINE, startExporter } from '../exporter-under-test.ts';
import exporter from '../index.ts';
import { readOpenMetrics } from '../open-metrics-under-test.ts';

interface Scraped {
  readonly subject: Subject;
  readonly url: string;
  readonly scrape: (headers?: Record<string, string>) => Promise<string[]>;
}

async function scraped(settings: object = {}): Promise<Scraped> {
  const { ports, release } = await takePorts(1);
  onTestFinished(release);
  const [port] = ports;
  const subject = await startExporter({ prometheus: { port, ...settings } });
  const url = `http://127.0.0.1:${port}`;
  const scrape = async (headers: Record<string, string> = {}) => {
    await subject.settled();
    const response = await fetch(`${url}/metrics`, { headers });
    expect(response.status).toBe(200);
    return (await response.text()).split('\n');
  };
  return { subject, url, scrape };
}

const values = (lines: readonly string[]) => lines.filter((line) => line !== '' && !line.startsWith('#'));

describe('/metrics', () => {
  it('tells every figure of a machine in base units, with its labels, and its bands', async () => {
    const { subject, scrape } = await scraped();
    await subject.given(born(), measure(MACHINE, BODY), analysis(MACHINE, { cpu_result: 'LOW' }));
    const lines = await scrape();
    const front = `machine="${MACHINE}",site="a \\"b\\""`;
    expect(values(lines)).toEqual([
      `ganglion_up{${front}} 1`,
      `ganglion_machine_info{${front},system="Linux 6.1"} 1`,
      `ganglion_usage_ratio{${front},resource="cpu"} 0.1221`,
      `ganglion_disks_read_bytes_per_second{${front},device="dm 0"} 2048`,
      `ganglion_disks_read_latency_seconds{${front},device="dm 0"} 0.0015`,
      `ganglion_memory_used_bytes{${front}} 4096`,
      `ganglion_moon_phase_ratio{${front}} 0.5`,
      `ganglion_moon_temperature_celsius{${front}} -170`,
      `ganglion_band{${front},resource="cpu",band="LOW"} 1`,
      `ganglion_band{${front},resource="cpu",band="MEDIUM"} 0`,
      `ganglion_band{${front},resource="cpu",band="HIGH"} 0`,
    ]);
    expect(lines).toContain('# TYPE ganglion_usage_ratio gauge');
    expect(lines.at(-1)).toBe('');
  });

  it('keeps the series of a name together, whoever they are of', async () => {
    const { subject, scrape } = await scraped();
    await subject.given(...['a', 'b', 'c'].map((machine) => measure(machine, BODY)));
    const names = values(await scrape()).map((line) => line.replace(/\{.*/, ''));
    const runs = names.filter((name, i) => name !== names[i - 1]);
    expect(runs.length).toBe(new Set(names).size);
  });

  it('is OpenMetrics for who asks for it: units, and an end', async () => {
    const { subject, scrape } = await scraped();
    await subject.given(measure(MACHINE, BODY));
    const lines = await scrape({ accept: 'application/openmetrics-text; version=1.0.0,text/plain;q=0.5' });
    expect(lines).toContain('# UNIT ganglion_memory_used_bytes bytes');
    expect(lines.slice(-2)).toEqual(['# EOF', '']);
  });

  it('is OpenMetrics to the letter, whatever machines, labels and resources are called', async () => {
    const { subject, scrape } = await scraped();
    const name = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
      fc.constantFrom(
        'cpu_total',
        'a b',
        '__x',
        '"',
        '\\',
        'é',
        'sum',
        'machine',
        'resource',
        '1',
        '__proto__',
        'info',
      ),
    );
    const ending = fc.constantFrom('', '_percentage', '_bytes', '_ms', '_total', '_count', '_bytes_per_second');
    const field = fc.tuple(name, ending).map(([front, end]) => `${front}${end}`);
    const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
    const leaf = fc.oneof(number, fc.string({ maxLength: 8 }), fc.boolean(), fc.array(number, { maxLength: 3 }));
    const tree = fc.dictionary(field, fc.oneof(leaf, fc.dictionary(field, fc.oneof(leaf, fc.dictionary(field, leaf)))));
    const machine = name.filter((each) => /^[^\p{Cc}\p{Cs}]+$/u.test(each));
    const heard = fc.tuple(machine, tree, fc.dictionary(name, fc.string({ unit: 'binary', maxLength: 8 })));
    await fc.assert(
      fc.asyncProperty(fc.array(heard, { minLength: 1, maxLength: 10 }), async (machines) => {
        await subject.given(
          ...machines.flatMap(([source, body, labels]) => [
            born(source, labels),
            measure(source, { ...body, cpu_percentage: 12.21 }),
          ]),
        );
        const samples = readOpenMetrics((await scrape({ accept: 'application/openmetrics-text' })).join('\n'));
        const up = samples.filter((each) => each.name === 'ganglion_up').map((each) => each.labels.get('machine'));
        expect(up).toEqual(expect.arrayContaining(machines.map(([source]) => source)));
      }),
      { numRuns: 8 },
    );
  });

  it('an item has its label, whatever its owner calls the machine by', async () => {
    const { subject, scrape } = await scraped();
    const labels = { device: 'mine', machine: 'mine', 'team.name': 'x', '1st': 'y' };
    await subject.given(born(MACHINE, labels), measure(MACHINE, BODY));
    const lines = await scrape();
    expect(lines).toContain(
      `ganglion_memory_used_bytes{machine="${MACHINE}",device="mine",label_machine="mine",team_name="x",_1st="y"} 4096`,
    );
    expect(lines).toContain(
      `ganglion_disks_read_bytes_per_second{machine="${MACHINE}",label_machine="mine",team_name="x",_1st="y",device="dm 0"} 2048`,
    );
  });

  it('a machine that is gone leaves, but for that it is not up', async () => {
    const { subject, scrape } = await scraped();
    await subject.given(measure('a', BODY), measure('b', BODY));
    const gone = { kind: 'machine', instance: '', cause: 'silent', died_ms: 1, last_seen_ms: 1 } as const;
    await subject.given(death('a', gone), death('t@a', { ...gone, kind: 'instance' }));
    const of = (machine: string, lines: string[]) =>
      values(lines).filter((line) => line.includes(`machine="${machine}"`));
    const lines = await scrape();
    expect(of('a', lines)).toEqual(['ganglion_up{machine="a"} 0']);
    expect(of('b', lines).length).toBeGreaterThan(5);
    expect(of('t@a', lines)).toEqual([]);
    await subject.given(birth('a', { kind: 'machine', instance: '', born_ms: 1, about: {} }));
    expect(of('a', await scrape())).toContain('ganglion_up{machine="a"} 1');
  });

  it('a measure that comes late is not how it is now', async () => {
    const { subject, scrape } = await scraped();
    const now_ms = Date.now();
    await subject.given(
      measure('a', { cpu_percentage: 1 }, now_ms),
      measure('a', { cpu_percentage: 2 }, now_ms - 5_000),
    );
    expect(await scrape()).toContain('ganglion_usage_ratio{machine="a",resource="cpu"} 0.01');
    expect((await subject.pulse()).counts).toMatchObject({ late_measures: 1 });
  });

  it.each([
    ['/', 'GET', 404],
    ['/metrics', 'POST', 405],
    ['//', 'GET', 404],
    ['/metrics', 'HEAD', 200],
  ])('%s by %s is answered with %i', async (path, method, status) => {
    const { url } = await scraped();
    expect((await fetch(`${url}${path}`, { method })).status).toBe(status);
  });

  it('asks for a token where one is set', async () => {
    process.env['EXPORTER_TEST_TOKEN'] = 's3cret';
    onTestFinished(() => {
      delete process.env['EXPORTER_TEST_TOKEN'];
    });
    const { url, scrape } = await scraped({ token: { env: 'EXPORTER_TEST_TOKEN' } });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect((await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer s3cre' } })).status).toBe(401);
    await scrape({ authorization: 'Bearer s3cret' });
  });

  it('is not there by default, and a port that is taken is told', async () => {
    const { url } = await scraped();
    const config = { prometheus: { port: Number(new URL(url).port) } };
    await expect(runUnderTest(exporter, { config })).rejects.toMatchObject({
      code: 'METRICS_PORT_UNUSABLE',
      configuration: true,
    });
    const idle = await startExporter({});
    await idle.given(measure('a', BODY));
    expect((await idle.pulse()).in).toEqual({ measure: 1 });
  });
});
