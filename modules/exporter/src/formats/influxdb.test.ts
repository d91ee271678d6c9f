import { Receiver, says } from '@ganglion/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { INTERVAL_MS, MACHINE, speak, startExporter, survives } from '../exporter-under-test.ts';

describe('InfluxDB', () => {
  survives('influxdb', says(204));

  it('gets lines: a resource is a measurement, machine and item are tags, figures are fields under their own names', async () => {
    const receiver = await Receiver.start();
    onTestFinished(() => receiver.close());
    const subject = await startExporter({
      influxdb: { url: `${receiver.url}/api/v2/write?bucket=b&org=o`, interval_ms: INTERVAL_MS },
    });
    speak(subject);
    const [first] = await receiver.until(({ length }) => length === 1);
    expect(first?.path).toBe('/api/v2/write?bucket=b&org=o&precision=ms');
    const lines = first?.body.split('\n') ?? [];
    const tags = `machine=${MACHINE},site=a\\ "b"`;
    expect(lines).toEqual([
      expect.stringMatching(/^up,.* value=1 \d{13}$/),
      expect.stringContaining(`machine,${tags},system=Linux\\ 6.1 info=1 `),
      expect.stringContaining(`usage,${tags},resource=cpu percentage=12.21 `),
      expect.stringContaining(`disks,${tags},device=dm\\ 0 read_bytes_per_second=2048,read_latency_ms=1.5 `),
      expect.stringContaining(`memory,${tags} used_bytes=4096 `),
      expect.stringContaining(`moon,${tags} phase_percentage=50,temperature_celsius=-170 `),
      expect.stringContaining(`measure,${tags} sequence=`),
      '',
    ]);
  });
});
