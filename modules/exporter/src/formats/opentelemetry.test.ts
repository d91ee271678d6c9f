import { Receiver, says } from '@ganglion/testkit';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it, onTestFinished } from 'vitest';
import { INTERVAL_MS, MACHINE, speak, startExporter, survives } from '../exporter-under-test.ts';

const strict = { additionalProperties: false };
const Attributes = Type.Array(
  Type.Object(
    { key: Type.String({ minLength: 1 }), value: Type.Object({ stringValue: Type.String() }, strict) },
    strict,
  ),
);
const DataPoints = Type.Array(
  Type.Object(
    { attributes: Attributes, timeUnixNano: Type.String({ pattern: '^\\d{19}$' }), asDouble: Type.Number() },
    strict,
  ),
  { minItems: 1 },
);

/** As opentelemetry/proto/metrics/v1/metrics.proto and the JSON mapping of protobuf have it: 64-bit numbers are texts. */
const Request = Type.Object(
  {
    resourceMetrics: Type.Array(
      Type.Object(
        {
          resource: Type.Object({ attributes: Attributes }, strict),
          scopeMetrics: Type.Array(
            Type.Object(
              {
                scope: Type.Object({ name: Type.String() }, strict),
                metrics: Type.Array(
                  Type.Object(
                    {
                      name: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_./-]{0,254}$' }),
                      unit: Type.String({ maxLength: 63 }),
                      gauge: Type.Optional(Type.Object({ dataPoints: DataPoints }, strict)),
                      sum: Type.Optional(
                        Type.Object(
                          {
                            aggregationTemporality: Type.Literal(2),
                            isMonotonic: Type.Literal(false),
                            dataPoints: DataPoints,
                          },
                          strict,
                        ),
                      ),
                    },
                    strict,
                  ),
                ),
              },
              strict,
            ),
          ),
        },
        strict,
      ),
    ),
  },
  strict,
);

describe('OpenTelemetry', () => {
  survives('opentelemetry', says(200, '{}'));

  it('gets the names of the semantic conventions where there are some, a host for each machine', async () => {
    const receiver = await Receiver.start(says(200, '{"partialSuccess":{}}'));
    onTestFinished(() => receiver.close());
    const subject = await startExporter({
      opentelemetry: { url: `${receiver.url}/v1/metrics`, interval_ms: INTERVAL_MS },
    });
    speak(subject);
    const [first] = await receiver.until(({ length }) => length === 1);
    const request = Value.Parse(Request, JSON.parse(first?.body ?? ''));
    const [host] = request.resourceMetrics;
    expect(host?.resource.attributes).toEqual([
      { key: 'host.name', value: { stringValue: MACHINE } },
      { key: 'site', value: { stringValue: 'a "b"' } },
    ]);
    const lines = host?.scopeMetrics[0]?.metrics.map(({ name, unit, gauge, sum }) => {
      const [point] = (gauge ?? sum)?.dataPoints ?? [];
      const attributes = point?.attributes.map(({ key, value }) => `${key}=${value.stringValue}`).join(',');
      return `${sum ? 'sum' : 'gauge'} ${name} ${unit} ${attributes} ${point?.asDouble}`;
    });
    expect(lines).toEqual([
      'gauge ganglion.up 1  1',
      'gauge ganglion.machine.info 1 system=Linux 6.1 1',
      'gauge ganglion.utilization 1 resource=cpu 0.1221',
      'gauge ganglion.disks.read By/s device=dm 0 2048',
      'gauge ganglion.disks.read_latency s device=dm 0 0.0015',
      'sum system.memory.usage By system.memory.state=used 4096',
      'gauge ganglion.moon.phase.utilization 1  0.5',
      'gauge ganglion.moon.temperature Cel  -170',
      expect.stringContaining('gauge ganglion.measure.sequence 1 '),
    ]);
  });

  it('counts what the receiver did not take of a message that it took, and does not send it again', async () => {
    const partial = { rejectedDataPoints: '3', errorMessage: 'too old' };
    const receiver = await Receiver.start(says(200, JSON.stringify({ partialSuccess: partial })));
    onTestFinished(() => receiver.close());
    const subject = await startExporter({ opentelemetry: { url: receiver.url, interval_ms: INTERVAL_MS } });
    speak(subject);
    const [first, second] = await receiver.until(({ length }) => length === 2);
    expect(second?.bytes.equals(first?.bytes ?? Buffer.of())).toBe(false);
    expect((await subject.pulse()).counts['opentelemetry_figures_refused']).toBeGreaterThanOrEqual(3);
    expect(subject.logs.map(({ text }) => text)).toContainEqual(expect.stringContaining('too old'));
  });
});
