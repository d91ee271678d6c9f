// One sample of this machine: the tracker runs on a bus in memory until it has told all that it knows at once.

import { type Envelope, type Module, memoryBus, runModule } from '@ganglion/kernel';
import { measure } from '@ganglion/topics';
import { sampleMissing } from './errors.ts';
import type { RootLog } from './log.ts';
import { sampleText } from './sample-text.ts';
import type { Settings } from './settings/layers.ts';
import { jsonLine, type Passing, readPassing } from './tap-lines.ts';
import { columnsOf, styleFor } from './terminal.ts';
import { version } from './version.ts';

/** What the tracker reads aside and tells in a later measure; see `read` in its probe.ts. A machine may have neither. */
export const LATE = ['file_systems', 'processes'] as const;

/** How long what comes late is waited for, past the second sample; and how long for the first sample at all. */
const PATIENCE_MS = 2_500;

/**
 * Prints one sample on stdout. The tracker's first has rates over a moment alone; printed is the first after it that has
 * what comes late, or the last one before that has taken too long.
 *
 * @throws CodedError `SAMPLE_MISSING`, and what keeps the tracker from starting
 */
export async function printSample(module: Module, settings: Settings, log: RootLog, json: boolean): Promise<void> {
  const sample = await takeSample(module, settings, log);
  const text = json ? jsonLine(sample) : sampleText(sample, styleFor(process.stdout), columnsOf(process.stdout));
  await new Promise<void>((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}

async function takeSample(module: Module, settings: Settings, log: RootLog): Promise<Passing> {
  const bus = memoryBus();
  // A measure of what has changed is no sample of this machine.
  const config = { ...Object(settings.given(module.name)), report: 'all' };
  const awaited = LATE.filter((name) => !isOff(config, name));
  let timer: NodeJS.Timeout | undefined;
  let last: Passing | undefined;
  const taken = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
    const take = async (envelope: Envelope) => {
      const is_first = last === undefined;
      last = readPassing(envelope, Date.now());
      if (is_first) {
        // From now on it is the next one that is waited for.
        clearTimeout(timer);
        timer = setTimeout(resolve, intervalOf(settings) + PATIENCE_MS);
      } else if (isWhole(last.body, awaited)) {
        resolve();
      }
    };
    const pattern = `#.${measure.family}`;
    bus.subscribe({ name: 'once', pattern, delivery: 'live', limit_messages: 1, in_flight_max: 1, onDrop() {} }, take);
  });
  try {
    const running = await runModule(module, {
      bus,
      log: log.child({ module: module.name }),
      config,
      version: version(),
    });
    await taken;
    await running.stop();
  } finally {
    clearTimeout(timer);
    await bus.close();
  }
  if (last === undefined) throw sampleMissing(PATIENCE_MS);
  return last;
}

function isWhole(body: unknown, awaited: readonly string[]): boolean {
  return typeof body === 'object' && body !== null && awaited.every((name) => name in body);
}

/** Whether a probe is left out by a setting. */
function isOff(config: object, name: string): boolean {
  return 'probes' in config && Object(config.probes)[name] === 'off';
}

function intervalOf({ entries }: Settings): number {
  return Number(entries.find(({ setting }) => setting.key === 'tracker.interval_ms')?.value);
}
