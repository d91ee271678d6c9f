// The recorder: listens to every measure and analysis, and to all that happens, and keeps it. What it has acknowledged is on disk.

import { type Context, defineModule, kept } from '@ganglion/kernel';
import { alert, analysis, birth, death, measure, outage, past } from '@ganglion/topics';
import { openCounter } from './counter.ts';
import { alertEvent, birthEvent, deathEvent, outageEvent } from './events.ts';
import { BAND_ENDING } from './figures.ts';
import { type Keeping, keepingOf, Opening } from './keeping.ts';
import { Past } from './past.ts';
import { Recording } from './recording.ts';
import { type Config, config, keepOf } from './settings.ts';

/**
 * Samples that wait while no recorder runs, at most: five minutes of a thousand machines at one a second. They are
 * acknowledged a batch at a time, so many are under way at once.
 */
const SAMPLES = { limit_messages: 300_000, in_flight_max: 10_000, attempts_max: 3, overlaps: true };

/** The same of what happens now and then. */
const EVENTS = { limit_messages: 100_000, in_flight_max: 1_000, attempts_max: 3, overlaps: true };

/** Between two batches: what waits for one is in memory, whole. */
const BATCH_MS = 250;

/** As they are told in answers. */
const BANDS: Readonly<Record<string, number>> = { LOW: 1, MEDIUM: 2, HIGH: 3 };

const HEADLINE_ENDING = '_percentage';

export default defineModule({
  name: 'recorder',
  listens: {
    measure: kept(measure, SAMPLES),
    analysis: kept(analysis, SAMPLES),
    alert: kept(alert, EVENTS),
    birth: kept(birth, EVENTS),
    death: kept(death, EVENTS),
    outage: kept(outage, EVENTS),
  },
  answers: { past },
  config,
  start: async (context) => {
    const keeping = await keepingOf(context.config);
    const recorder = await Opening.of(() => openRecorder(keeping, context), context);
    // What comes before there is a past waits for it, unacknowledged.
    const record = (take: (recording: Recording) => Promise<void>) => recorder.with(({ recording }) => take(recording));
    return {
      measure: ({ source, time_ms, body }) => record((to) => to.take('measure', source, time_ms, body)),
      analysis: ({ source, time_ms, body }) =>
        record((to) => to.takeFigures('analysis', source, time_ms, figuresIn(body))),
      alert: (message) => record((to) => to.takeEvent(alertEvent(message))),
      birth: (message) => record((to) => to.takeEvent(birthEvent(message))),
      death: (message) => record((to) => to.takeEvent(deathEvent(message))),
      outage: (message) => record((to) => to.takeEvent(outageEvent(message))),
      past: ({ body }) => recorder.now.asked.answer(body),
    };
  },
});

/** What records and answers, once there is a place for it. */
interface Recorder {
  readonly recording: Recording;
  readonly asked: Past;
}

/** Opens the past, and keeps it in order from then on until the module stops. */
async function openRecorder(
  { place, folder, open }: Keeping,
  context: Context<Record<never, never>, Config>,
): Promise<Recorder> {
  const { config, log, count, onStop, stopping, describe } = context;
  const store = await open();
  try {
    const recording = await Recording.open({
      store,
      keep_ms: keepOf(config),
      bytes_max: config.max_bytes === 0 ? undefined : config.max_bytes,
      count,
      log,
      folder: place,
    });
    const asked = new Past({ names: recording.names, shelf: recording.shelf, store });
    const closeCounter =
      folder === undefined ? undefined : await openCounter(folder, ({ backup }) => store.backup(backup));
    let is_under_way = false;
    const flush = () => {
      // On a full disk one may take hours, and the others do not queue up behind it.
      if (is_under_way) return;
      is_under_way = true;
      void recording.flush().finally(() => {
        is_under_way = false;
      });
    };
    const timer = setInterval(flush, BATCH_MS);
    // What is under way is acknowledged as soon as it is written; the stop waits for that.
    stopping.addEventListener('abort', () => void recording.flush(), { once: true });
    onStop(async () => {
      clearInterval(timer);
      closeCounter?.();
      await recording.close();
    });
    describe({ history: store.engine });
    log.info(
      { folder: place, engine: store.engine, due: recording.shelf.due },
      `keeps the past in ${place}, by ${store.engine}`,
    );
    return { recording, asked };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The headlines of an analysis, and its bands as numbers. */
function* figuresIn(body: object): Generator<readonly [path: string, value: number]> {
  for (const [field, value] of Object.entries(body)) {
    if (typeof value === 'number' && field.endsWith(HEADLINE_ENDING)) yield [field, value];
    const band = typeof value === 'string' && field.endsWith(BAND_ENDING) ? BANDS[value] : undefined;
    if (band !== undefined) yield [field, band];
  }
}
