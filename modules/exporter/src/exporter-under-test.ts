// The exporter under test: on a bus in memory, with a machine that speaks, before a real receiver.

import { type Answer, Receiver, runUnderTest, type Subject, says } from '@ganglion/testkit';
import { birth, measure } from '@ganglion/topics';
import { expect, it, onTestFinished } from 'vitest';
import exporter from './index.ts';

/** Every way in which a receiver may fail and be well again, by a name for people. */
export const FAILURES = {
  'a service that is not ready': says(503, 'not yet', { 'retry-after': '1' }),
  'a wish to be left alone': says(429, 'slow down', { 'retry-after': '1' }),
  'nothing at all': () => {},
  'a connection that breaks': (response) => response.destroy(),
  'half an answer': (response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"ok":', () => response.destroy());
  },
} as const satisfies Readonly<Record<string, Answer>>;

/** Between two samples that are sent. */
export const INTERVAL_MS = 100;

/** Starts an exporter for the time of a test. */
export async function startExporter(config: object): Promise<Subject> {
  const subject = await runUnderTest(exporter, { config });
  onTestFinished(() => subject.stop());
  return subject;
}

/** What a machine measures, with a name that needs care, an item, and a resource that nobody told the exporter about. */
export const BODY = {
  cpu_percentage: 12.21,
  disks: { devices: { 'dm 0': { read_bytes_per_second: 2048, read_latency_ms: 1.5 } } },
  memory: { used_bytes: 4096 },
  moon: { phase_percentage: 50, temperature_celsius: -170 },
};

export const MACHINE = 'db-01.example.com';

/** Its birth, with what its owner calls it by. */
export function born(machine = MACHINE, labels: Record<string, string> = { site: 'a "b"' }) {
  const about = { name: machine, system: 'Linux 6.1', labels };
  return birth(machine, { kind: 'machine', instance: 't', born_ms: 1, about });
}

/** Lets a machine speak until the test is over: each measure counts one up. */
export function speak(subject: Subject, machine = MACHINE): void {
  let serial = 0;
  const say = () => subject.send(measure(machine, { ...BODY, sequence: ++serial }));
  subject.send(born(machine));
  say();
  const timer = setInterval(say, INTERVAL_MS / 2);
  onTestFinished(() => clearInterval(timer));
}

/** Says, test by test, that a format over HTTP survives every way in which its receiver may fail. */
export function survives(format: string, answer: Answer): void {
  const open = async (bad: Answer, settings: object = {}) => {
    const receiver = await Receiver.start(bad);
    onTestFinished(() => receiver.close());
    const pace = { interval_ms: INTERVAL_MS, timeout_ms: 5 * INTERVAL_MS, retry_first_ms: 20 };
    const subject = await startExporter({ [format]: { url: receiver.url, ...pace, ...settings } });
    speak(subject);
    return { receiver, subject };
  };

  it.each(Object.entries(FAILURES))('sends again after %s, what it had', async (_name, bad) => {
    const { receiver, subject } = await open(bad);
    const [first] = await receiver.until(({ length }) => length === 1);
    receiver.answer = answer;
    const [, second] = await receiver.until(({ length }) => length >= 3);
    expect(second?.bytes.equals(first?.bytes ?? Buffer.of())).toBe(true);
    const { counts } = await subject.pulse();
    expect(counts[`${format}_failed`]).toBeGreaterThanOrEqual(1);
    expect(counts[`${format}_figures_sent`]).toBeGreaterThan(0);
    expect(subject.logs.filter(({ level }) => level === 'warn').map(({ fields }) => fields)).toEqual([
      { code: 'RECEIVER_FAILED', format },
    ]);
    expect(subject.logs.map(({ text }) => text)).toContain(`${format} takes figures again`);
  });

  it('leaves the receiver alone for as long as it asks for', async () => {
    const { receiver } = await open(says(429, '', { 'retry-after': '1' }));
    await receiver.until(({ length }) => length === 1);
    const asked_ms = performance.now();
    receiver.answer = answer;
    await receiver.until(({ length }) => length === 2);
    expect(performance.now() - asked_ms).toBeGreaterThan(900);
  });

  it('lets go what the receiver will never take, and says so', async () => {
    const { receiver, subject } = await open(says(400, 'no such field'));
    await receiver.until(({ length }) => length === 3);
    const { counts } = await subject.pulse();
    expect(counts[`${format}_figures_refused`]).toBeGreaterThan(0);
    expect(subject.logs.find(({ level }) => level === 'warn')?.text).toContain('no such field');
  });

  it('keeps what it may while nobody is there, counts the rest, and stops in time all the same', async () => {
    const receiver = await Receiver.start();
    const { url } = receiver;
    await receiver.close();
    const pace = { interval_ms: INTERVAL_MS, buffer_bytes: 65_536 };
    const subject = await startExporter({ [format]: { url, ...pace } });
    for (let i = 0; i < 300; i++) speak(subject, `machine-${i}`);
    const dropped = async () => (await subject.pulse()).counts[`${format}_figures_dropped`] ?? 0;
    while ((await dropped()) === 0);
    await subject.stop();
    expect(subject.logs.filter(({ text }) => text.includes('did not stop in order'))).toEqual([]);
  });

  it('sends the header with the secret, which stands elsewhere', async () => {
    process.env['EXPORTER_TEST_SECRET'] = 'Bearer s3cret\n';
    onTestFinished(() => {
      delete process.env['EXPORTER_TEST_SECRET'];
    });
    const { receiver } = await open(answer, {
      authorization: { env: 'EXPORTER_TEST_SECRET' },
      headers: { 'X-Scope-OrgID': 'team' },
    });
    const [first] = await receiver.until(({ length }) => length === 1);
    expect(first?.headers).toMatchObject({ authorization: 'Bearer s3cret', 'x-scope-orgid': 'team' });
  });
}
