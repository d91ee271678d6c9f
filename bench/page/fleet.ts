// A fleet and the server of its page, each program as a person runs it.

import { type Program, startGanglion, startOwn } from '../processes.ts';

/** How what the page shows comes to its server. */
export type Source =
  /** Simulated measures, judged by an analyzer. */
  | 'chain'
  /** Analyses, published as they would come from it. */
  | 'analyses';

export interface RunningFleet {
  readonly machines: number;
  /** `http://127.0.0.1:<port>`. */
  readonly address: string;
  readonly port: number;
  /** By what they do. */
  readonly programs: Readonly<Record<string, Program>>;
  stop(): Promise<void>;
}

/** Starts so many machines that speak once a second, and the server of the page, on an exchange of their own. */
export async function startFleet(url: string, machines: number, source: Source): Promise<RunningFleet> {
  const exchange = `bench-page-${source}-${machines}-${Date.now()}`;
  const bus = ['--broker', url, '--exchange', exchange];
  const programs: Record<string, Program> = {};
  const stop = async () => void (await Promise.all(Object.values(programs).map((program) => program.stop())));
  try {
    const web = await startGanglion('web', ...bus, '--port', '0');
    programs['web'] = web;
    if (source === 'chain') {
      programs['analyzer'] = await startGanglion('analyzer', ...bus);
      const fleet = ['--simulator.machines', `${machines}`, '--simulator.faults-per-day', '0', '--interval', '1s'];
      programs['simulator'] = await startGanglion('simulator', ...bus, ...fleet);
    } else {
      programs['publisher'] = await startOwn('page/publisher', url, exchange, `${machines}`);
    }
    if (web.port === undefined) throw new Error('the server of the page told no port');
    return { machines, address: `http://127.0.0.1:${web.port}`, port: web.port, programs, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
