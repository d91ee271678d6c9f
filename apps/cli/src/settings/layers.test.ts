import Type from 'typebox';
import { describe, expect, test } from 'vitest';
import { type Arguments, readArguments } from '../arguments.ts';
import { readSettings, type Settings } from './layers.ts';

const TRACKER = {
  name: 'tracker',
  schema: Type.Object(
    {
      interval_ms: Type.Integer({ default: 1000, minimum: 100 }),
      machine: Type.Optional(Type.String()),
      labels: Type.Optional(Type.Record(Type.String(), Type.String())),
      probes: Type.Optional(
        Type.Record(Type.String(), Type.String(), { propertyNames: { enum: ['disks'] }, wanted: '<probe>=off' }),
      ),
    },
    { additionalProperties: false },
  ),
};
const ANALYZER = {
  name: 'analyzer',
  schema: Type.Object({
    bands: Type.Object({
      high_from: Type.Number({ default: 75 }),
      limits: Type.Array(Type.Unknown(), { default: [] }),
      exceptions: Type.Array(
        Type.Object({ medium_from: Type.Number(), high_from: Type.Number() }, { additionalProperties: false }),
        { default: [] },
      ),
    }),
  }),
};
const FREE = { name: 'free-form', schema: Type.Record(Type.String(), Type.Number()) };

interface Given {
  readonly file?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly words?: readonly string[];
}

function read({ file, environment = {}, words = [] }: Given): Settings {
  const { flags }: Arguments = readArguments(['up', ...words]);
  return readSettings([TRACKER, ANALYZER, FREE], {
    file: file && { path: 'my.toml', text: '', tables: file },
    environment,
    flags,
    command: 'up',
  });
}

/** The value and the origin of one setting. */
function entryOf(settings: Settings, key: string): unknown[] {
  const entry = settings.entries.find(({ setting }) => setting.key === key);
  return [entry?.value, entry?.origin];
}

describe('settings', () => {
  test('have their defaults when nothing is given, and the modules are given nothing', () => {
    const settings = read({});
    expect(settings.own).toMatchObject({ exchange: 'ganglion', log_level: 'info' });
    expect(settings.own.broker).toBeUndefined();
    expect(entryOf(settings, 'tracker.interval_ms')).toEqual([1000, 'default']);
    expect(settings.given('tracker')).toEqual({});
  });

  test('that are paths may be meant from the folder of the settings file', () => {
    const web = {
      name: 'web',
      schema: Type.Object({ dir: Type.String({ default: 'access', beside_settings_file: true }) }),
    };
    const sources = { environment: {}, flags: [], command: 'up' };
    const read_from = (path: string) => readSettings([web], { ...sources, file: { path, text: '', tables: {} } });
    const settings = read_from('/etc/ganglion/ganglion.toml');
    expect(entryOf(settings, 'web.dir')).toEqual(['/etc/ganglion/access', 'beside /etc/ganglion/ganglion.toml']);
    expect(settings.given('web')).toEqual({ dir: '/etc/ganglion/access' });
    expect(entryOf(read_from('ganglion.toml'), 'web.dir')[0]).toBe('access');
    expect(entryOf(readSettings([web], { ...sources, file: undefined }), 'web.dir')).toEqual(['access', 'default']);
  });

  test('come from the file, then the environment, then flags, and the last one counts', () => {
    const file = { exchange: 'a', log_level: 'warn', tracker: { interval_ms: 200, machine: 'from the file' } };
    const environment = { GANGLION_EXCHANGE: 'b', GANGLION_TRACKER_INTERVAL_MS: '300' };
    const settings = read({ file, environment, words: ['--exchange', 'c'] });
    expect(entryOf(settings, 'exchange')).toEqual(['c', '--exchange']);
    expect(entryOf(settings, 'log_level')).toEqual(['warn', 'my.toml']);
    expect(entryOf(settings, 'tracker.interval_ms')).toEqual([300, 'GANGLION_TRACKER_INTERVAL_MS']);
    expect(settings.given('tracker')).toEqual({ interval_ms: 300, machine: 'from the file' });
  });

  test('may stand deep in a section, whatever they come from', () => {
    const settings = read({
      file: { analyzer: { bands: { high_from: 80 } } },
      environment: { GANGLION_ANALYZER_BANDS_LIMITS: '[{"high_from": 90}]' },
    });
    expect(settings.given('analyzer')).toEqual({ bands: { high_from: 80, limits: [{ high_from: 90 }] } });
    const flags = read({ words: ['--analyzer.bands.high-from', '60'] });
    expect(flags.given('analyzer')).toEqual({ bands: { high_from: 60 } });
  });

  test('have short flags, and long ones in two spellings', () => {
    for (const flag of ['--interval', '--tracker.interval_ms', '--tracker.interval-ms']) {
      expect(entryOf(read({ words: [flag, '2s'] }), 'tracker.interval_ms')).toEqual([2000, flag]);
    }
  });

  test('that are tables are put together of all flags, and take the place of what the file has', () => {
    const file = { tracker: { labels: { site: 'paris' } } };
    expect(read({ file }).given('tracker')).toEqual({ labels: { site: 'paris' } });
    const words = ['--label', 'rack=7', '--label', 'role=db', '--tracker.labels', 'rack=8'];
    expect(read({ file, words }).given('tracker')).toEqual({ labels: { rack: '8', role: 'db' } });
    expect(() => read({ words: ['--label', 'berlin'] })).toThrow('setting tracker.labels');
  });

  test('say what a table may hold where its schema does, and what it was given', () => {
    expect(() => read({ words: ['--tracker.probes', 'disk=off'] })).toThrow(
      'setting tracker.probes (from --tracker.probes): it cannot be disk=off; give <probe>=off',
    );
  });

  test('without stated names are taken as one table', () => {
    expect(read({ file: { 'free-form': { a: 1, b: 2 } } }).given('free-form')).toEqual({ a: 1, b: 2 });
  });

  test.each([
    ['a section for a module that does not run here', { file: { web: { port: 'any' }, mood: { limit: 3 } } }],
    ['a variable for a module that does not run here', { environment: { GANGLION_WEB_PORT: 'any' } }],
    [
      'what Kubernetes sets for a service "ganglion"',
      {
        environment: {
          GANGLION_SERVICE_HOST: '10.0.0.1',
          GANGLION_SERVICE_PORT_HTTP: '8888',
          GANGLION_PORT: 'tcp://10.0.0.1:8888',
          GANGLION_PORT_8888_TCP_ADDR: '10.0.0.1',
        },
      },
    ],
  ] satisfies [string, Given][])('let %s be', (_what, given) => {
    expect(read(given).entries.every(({ origin }) => origin === 'default')).toBe(true);
  });

  test.each([
    [
      { file: { brokr: 'x' } },
      'SETTING_UNKNOWN',
      'setting brokr (from my.toml): there is no such setting (did you mean "broker"?)',
    ],
    [{ file: { interval_ms: 100 } }, 'SETTING_UNKNOWN', 'did you mean "interval_ms" in [tracker]?'],
    [
      { file: { tracker: { log_level: 'warn' } } },
      'SETTING_UNKNOWN',
      'did you mean "log_level", above the first [section]?',
    ],
    [{ file: { trakcer: {} } }, 'SETTING_UNKNOWN', 'did you mean [tracker]?'],
    [{ file: { analyzer: { bands: { higth_from: 1 } } } }, 'SETTING_UNKNOWN', 'analyzer.bands.higth_from'],
    [{ file: { tracker: 5 } }, 'SETTING_UNKNOWN', 'setting tracker (from my.toml)'],
    [{ file: { tracker: { interval_ms: 0 } } }, 'SETTING_INVALID', 'it cannot be 0; give a whole number, at least 100'],
    [{ file: { tracker: { interval_ms: '1s' } } }, 'SETTING_INVALID', 'it cannot be "1s"'],
    [{ file: { analyzer: { bands: { limits: 3 } } } }, 'SETTING_INVALID', 'give a list'],
    [
      { file: { analyzer: { bands: { exceptions: [{ medium_from: 1, high_form: 2 }] } } } },
      'SETTING_UNKNOWN',
      'setting analyzer.bands.exceptions.0.high_form (from my.toml): there is no such setting (did you mean "high_from"?)',
    ],
    [
      { file: { analyzer: { bands: { exceptions: [{ medium_from: 1 }] } } } },
      'SETTING_INVALID',
      'setting analyzer.bands.exceptions.0.high_from (from my.toml): it is missing; give a number',
    ],
    [
      { file: { analyzer: { bands: { exceptions: [{ medium_from: 'low', high_from: 2 }] } } } },
      'SETTING_INVALID',
      'setting analyzer.bands.exceptions.0.medium_from (from my.toml): it cannot be "low"; give a number',
    ],
    [
      { file: { analyzer: { bands: 3 } } },
      'SETTING_INVALID',
      'setting analyzer.bands (from my.toml): it cannot be 3; give a table',
    ],
    [{ file: { analyzer: { band: {} } } }, 'SETTING_UNKNOWN', 'did you mean "analyzer.bands"?'],
    [{ environment: { GANGLION_BROKR: 'x' } }, 'SETTING_UNKNOWN', 'did you mean "GANGLION_BROKER"?'],
    [
      { environment: { GANGLION_LOG_LEVEL: 'loud' } },
      'SETTING_INVALID',
      '(from GANGLION_LOG_LEVEL): it cannot be "loud"; give one of',
    ],
    [{ words: ['--interval', '-5'] }, 'SETTING_INVALID', '(from --interval): it cannot be -5'],
    [{ words: ['--port', '80'] }, 'FLAG_UNKNOWN', 'flag --port: it is for the module web, which does not run here'],
    [{ words: ['--tracker.intervl', '80'] }, 'FLAG_UNKNOWN', 'there is no such flag'],
  ] satisfies [Given, string, string][])('%j is refused as %s', (given, code, text) => {
    expect(() => read(given)).toThrow(
      expect.objectContaining({ code, configuration: true, message: expect.stringContaining(text) }),
    );
  });
});
