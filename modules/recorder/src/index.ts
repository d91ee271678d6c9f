// The recorder: listens to every measure and analysis, and to all that happens, and keeps it. What it has acknowledged is on disk.

import { CodedError, defineModule, kept, LogLimiter, reasonOf } from '@ganglion/kernel';
import { alert, analysis, birth, death, measure, outage, past } from '@ganglion/topics';
import { openCounter } from './counter.ts';
import { alertEvent, birthEvent, deathEvent, outageEvent } from './events.ts';
import { BAND_ENDING } from './figures.ts';
import { isOutOfReach, keepingOf, untilItWorks } from './keeping.ts';
import { Past } from './past.ts';
import { Recording } from './recording.ts';
import { config, keepOf } from './settings.ts';

/**
 * Samples that wait while no recorder runs, at most: five minutes of a thousand machines at one a second. They are
 * acknowledged a batch at a time, so many are under way at once.
 */
const SAMPLES = { limit_messages: 300_000, in_flight_max: 10_000, attempts_max: 3, overlaps: true };

/** The same of what happens now and then. */
const EVENTS = { limit_messages: 100_000, in_flight_max: 1_000, attempts_max: 3, overlaps: true };

/** Between two batches: what waits for one is in memory, whole. */
const BATCH_MS = 250;

/** What keeps a past from being opened is said so often at most. */
const FAULTS_EVERY_MS = 60_000;

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
  start: async ({ config, log, count, onStop, stopping, describe }) => {
    const keeping = await keepingOf(config);
    const { place, folder } = keeping;
    const begin = async (): Promise<Recorder> => {
      const store = await keeping.open();
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
    };

    let recorder: Recorder | undefined;
    let begun: Promise<Recorder>;
    let fault: CodedError | undefined;
    try {
      recorder = await begin();
      begun = Promise.resolve(recorder);
    } catch (error) {
      if (!isOutOfReach(error)) throw error;
      fault = error;
      log.warn({ code: error.code }, error.message);
      const limiter = new LogLimiter(FAULTS_EVERY_MS);
      const onFault = (thrown: unknown) => {
        // That it is out of reach is said once; anything else is new.
        if (isOutOfReach(thrown) || limiter.pass('open') === undefined) return;
        if (thrown instanceof CodedError) fault = thrown;
        log.error({ code: thrown instanceof CodedError ? thrown.code : undefined }, reasonOf(thrown));
      };
      begun = untilItWorks(begin, { stopping, onFault }).then((now) => {
        recorder = now;
        return now;
      });
    }
    /** What comes before there is a past waits for it, unacknowledged. */
    const take = (taken: (recording: Recording) => Promise<void>) =>
      recorder === undefined ? begun.then(({ recording }) => taken(recording)) : taken(recorder.recording);

    return {
      measure: ({ source, time_ms, body }) => take((to) => to.take('measure', source, time_ms, body)),
      analysis: ({ source, time_ms, body }) =>
        take((to) => to.takeFigures('analysis', source, time_ms, figuresIn(body))),
      alert: (message) => take((to) => to.takeEvent(alertEvent(message))),
      birth: (message) => take((to) => to.takeEvent(birthEvent(message))),
      death: (message) => take((to) => to.takeEvent(deathEvent(message))),
      outage: (message) => take((to) => to.takeEvent(outageEvent(message))),
      past: ({ body }) => {
        if (recorder === undefined) throw fault;
        return recorder.asked.answer(body);
      },
    };
  },
});

/** What records, once there is a place for it. */
interface Recorder {
  readonly recording: Recording;
  readonly asked: Past;
}

/** The headlines of an analysis, and its bands as numbers. */
function* figuresIn(body: object): Generator<readonly [path: string, value: number]> {
  for (const [field, value] of Object.entries(body)) {
    if (typeof value === 'number' && field.endsWith(HEADLINE_ENDING)) yield [field, value];
    const band = typeof value === 'string' && field.endsWith(BAND_ENDING) ? BANDS[value] : undefined;
    if (band !== undefined) yield [field, band];
  }
}
