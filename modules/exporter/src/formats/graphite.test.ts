import { createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { INTERVAL_MS, speak, startExporter } from '../exporter-under-test.ts';

/** A TCP server that notes each line. */
class Carbon {
  readonly lines: string[] = [];
  readonly sockets = new Set<Socket>();
  #watchers = new Set<() => void>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => {
      this.sockets.add(socket);
      let rest = '';
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        const parts = `${rest}${bytes}`.split('\n');
        rest = parts.pop() ?? '';
        this.lines.push(...parts);
        for (const watcher of this.#watchers) watcher();
      });
    });
  }

  listen(port = 0): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(port, '127.0.0.1', () => resolve(Object(this.#server.address()).port));
    });
  }

  until(enough: (lines: readonly string[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => enough(this.lines) && resolve();
      this.#watchers.add(look);
      look();
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.sockets) socket.destroy();
    });
  }
}

const isLast = (line: string) => line.includes('sequence');

describe('Graphite', () => {
  it('gets a name with dots for machine, resource, item and figure', async () => {
    const carbon = new Carbon();
    onTestFinished(() => carbon.close());
    const subject = await startExporter({
      graphite: { host: '127.0.0.1', port: await carbon.listen(), interval_ms: INTERVAL_MS },
    });
    speak(subject);
    await carbon.until((lines) => lines.some(isLast));
    const names = carbon.lines.slice(0, carbon.lines.findIndex(isLast) + 1).map((line) => line.replace(/ \d{10}$/, ''));
    expect(names).toEqual([
      'ganglion.db-01_example_com.up.value 1',
      'ganglion.db-01_example_com.usage.cpu.percentage 12.21',
      'ganglion.db-01_example_com.disks.dm_0.read_bytes_per_second 2048',
      'ganglion.db-01_example_com.disks.dm_0.read_latency_ms 1.5',
      'ganglion.db-01_example_com.memory.used_bytes 4096',
      'ganglion.db-01_example_com.moon.phase_percentage 50',
      'ganglion.db-01_example_com.moon.temperature_celsius -170',
      expect.stringMatching(/^ganglion\.db-01_example_com\.measure\.sequence \d+$/),
    ]);
  });

  it('gets tags if it likes', async () => {
    const carbon = new Carbon();
    onTestFinished(() => carbon.close());
    const subject = await startExporter({
      graphite: { host: '127.0.0.1', port: await carbon.listen(), interval_ms: INTERVAL_MS, tags: true, prefix: '' },
    });
    speak(subject);
    await carbon.until((lines) => lines.some(isLast));
    expect(carbon.lines).toContainEqual(
      expect.stringMatching(
        /^disks\.read_bytes_per_second;site=a_"b";machine=db-01\.example\.com;device=dm_0 2048 \d{10}$/,
      ),
    );
  });

  it('is found again after it was away', async () => {
    const carbon = new Carbon();
    const port = await carbon.listen();
    const subject = await startExporter({
      graphite: { host: '127.0.0.1', port, interval_ms: INTERVAL_MS, retry_first_ms: 20 },
    });
    speak(subject);
    await carbon.until((lines) => lines.some(isLast));
    await carbon.close();
    while (!subject.logs.some(({ level }) => level === 'warn')) await subject.pulse();
    const again = new Carbon();
    onTestFinished(() => again.close());
    await again.listen(port);
    await again.until((lines) => lines.some(isLast));
    expect(subject.logs.filter(({ level }) => level === 'warn').map(({ fields }) => fields)).toEqual([
      { code: 'RECEIVER_FAILED', format: 'graphite' },
    ]);
  });
});
