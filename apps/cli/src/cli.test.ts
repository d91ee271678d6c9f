import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runCommand } from './cli.ts';

// Loading every module may take its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const MOOD = './examples/hello-module/mood.ts';

let said: string;

beforeEach(() => {
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('help', () => {
  test('lists every command, and tells more about each', async () => {
    await runCommand(['help']);
    const commands = [...said.matchAll(/^ {2}ganglion ([a-z][a-z-]*)/gm)].map(([, name = '']) => name);
    expect(commands).toEqual([
      'up',
      'run',
      'tap',
      'alerts',
      'acknowledge',
      'silence',
      'doctor',
      'broker-setup',
      'user',
      'link',
      'notify',
      'history',
      'simulate',
      'detect',
      'replay',
      'config',
      'help',
    ]);
    for (const words of [
      ['up', '--help'],
      ['run', '-h'],
      ['help', 'tap'],
      ['help', 'user'],
      ['help', 'link'],
      ['help', 'notify'],
      ['help', 'detect'],
      ['help', 'replay'],
      ['help', 'config'],
    ]) {
      said = '';
      await runCommand(words);
      const [name] = words.filter((word) => commands.includes(word) && word !== 'help');
      expect(said).toMatch(new RegExp(`^ganglion ${name}.*: .*\n[^]*\nExamples\n[^]*\nFlags\n`));
    }
  });

  test('is what the bare command says', async () => {
    await runCommand([]);
    expect(said).toContain('ganglion help <command>');
  });
});

test('the version is that of the package', async () => {
  await runCommand(['--version']);
  const { version } = JSON.parse(readFileSync('apps/cli/package.json', 'utf8'));
  expect(said).toBe(`${version}\n`);
});

describe('what cannot be', () => {
  test.each([
    ['an unknown command', ['upp'], 'COMMAND_UNKNOWN', 'did you mean "up"?'],
    ['an unknown command to tell about', ['help', 'tape'], 'COMMAND_UNKNOWN', 'did you mean "tap"?'],
    ['an unknown flag', ['up', '--prot', '1'], 'FLAG_UNKNOWN', 'did you mean "--port"?'],
    ['a flag that the command does not take', ['up', '--json'], 'FLAG_UNKNOWN', 'does not take it'],
    ['one sample of another module', ['run', 'analyzer', '--once'], 'FLAG_VALUE_INVALID', 'only the tracker'],
    ['JSON of a tracker that goes on', ['run', 'tracker', '--json'], 'FLAG_VALUE_INVALID', '--once'],
    ['an option that the command does not take', ['tap', '--with', MOOD], 'FLAG_UNKNOWN', 'does not take it'],
    ['a word too many', ['up', 'tracker'], 'ARGUMENTS_WRONG', '"tracker" is one word too many'],
    ['a module without a name', ['run'], 'ARGUMENTS_WRONG', '<module> is missing'],
    ['an unknown module', ['run', 'trackr'], 'MODULE_NOT_FOUND', 'did you mean "tracker"?'],
    ['a module twice', ['config', '--with', MOOD, '--with', MOOD], 'MODULE_TWICE', 'module mood'],
    ['a module without a broker', ['run', 'tracker'], 'BROKER_MISSING', 'module tracker not started'],
    ['a doctor without a broker', ['doctor'], 'BROKER_MISSING', 'nothing to check'],
    ['a doctor with a bad URL', ['doctor', '--broker', 'localhost'], 'BROKER_URL_INVALID', 'amqp://'],
    ['a tap without a broker', ['tap'], 'BROKER_MISSING', 'nothing to tap'],
    ['a series that is not there', ['detect', 'nowhere.csv'], 'SERIES_UNREADABLE', 'nowhere.csv'],
    ['a series that is none', ['detect', 'LICENSE'], 'SERIES_HEADER_WRONG', 'line 1'],
    ['a count of nothing', ['tap', '--count', '0'], 'FLAG_VALUE_INVALID', '--count'],
    ['two views at once', ['tap', '--states', '--dead'], 'FLAG_VALUE_INVALID', '--dead'],
    ['a machine that no key can hold', ['broker-setup', '--tracker', 'x'.repeat(250)], 'KEY_INVALID', 'cannot name'],
    [
      'passwords that are not there',
      ['broker-setup', '--password-file', 'nowhere'],
      'PASSWORD_FILE_INVALID',
      'nowhere',
    ],
    ['passwords that are none', ['broker-setup', '--password-file', 'LICENSE'], 'PASSWORD_FILE_INVALID', 'line 1'],
    ['a user without a name', ['user', 'add'], 'ARGUMENTS_WRONG', 'ganglion user add NAME'],
    ['a name that cannot be', ['user', 'add', 'a b'], 'ACCESS_INVALID', 'letters'],
    ['a role that is none', ['user', 'add', 'ada', '--role', 'root'], 'FLAG_VALUE_INVALID', 'viewer or admin'],
    ['a link to nothing', ['link'], 'ARGUMENTS_WRONG', '--scope'],
    ['a link for no time', ['link', '--scope', '#', '--days', '0'], 'FLAG_VALUE_INVALID', 'from 1 to'],
    ['a switch with a value', ['up', '--insecure=no'], 'FLAG_VALUE_INVALID', 'takes no value'],
    ['a bad URL', ['up', '--broker', 'localhost:5672'], 'BROKER_URL_INVALID', 'amqp://'],
    ['an interval of zero', ['up', '--interval', '0'], 'SETTING_INVALID', 'from 100 to'],
    ['a port that is none', ['up', '--port', '70000'], 'SETTING_INVALID', 'from 0 to 65535'],
    ['a settings file that is not there', ['up', '--config', 'nowhere.toml'], 'FILE_UNREADABLE', 'nowhere.toml'],
    [
      'a certificate that is not there',
      ['run', 'tracker', '--broker', 'amqps://127.0.0.1:1', '--broker-ca', 'nowhere.pem'],
      'TLS_FILE_UNREADABLE',
      'nowhere.pem',
    ],
  ])('%s is refused with what, why and what to do', async (_what, words, code, text) => {
    const error = await runCommand(words).catch((thrown) => thrown);
    expect(error).toMatchObject({ code, configuration: true });
    expect(error.message).toMatch(/^[^\n]+: [^\n]+; [^\n]+$/);
    expect(error.message).toContain(text);
    expect(said).toBe('');
  });
});

describe('config', () => {
  const words = ['config', '--port', '9000', '--broker', 'amqp://me:s3cr@t@broker.example.com/site', '--with', MOOD];

  beforeEach(() => vi.stubEnv('GANGLION_ANALYZER_BANDS_HIGH_FROM', '90'));

  test('says each setting and where it came from, without passwords', async () => {
    await runCommand(words);
    expect(said).not.toContain('s3cr');
    expect(said.match(/^\[.*\]$/gm)).toEqual([
      '[tracker]',
      '[analyzer]',
      '[presence]',
      '[notifier]',
      '[recorder]',
      '[exporter]',
      '[importer]',
      '[web]',
    ]);
    expect(said).toMatch(/^ {2}broker +amqp:\/\/me:\*\*\*@broker\.example\.com\/site +--broker /m);
    expect(said).toMatch(/^ {2}bands\.high_from +90 +GANGLION_ANALYZER_BANDS_HIGH_FROM /m);
    expect(said).toMatch(/^ {2}interval_ms +1000 +default +.*\(a whole number from 100 to 3600000\)$/m);
  });

  test('says it to a program as well', async () => {
    await runCommand([...words, '--json']);
    expect(JSON.parse(said)).toMatchObject({
      broker: { value: 'amqp://me:***@broker.example.com/site', origin: '--broker' },
      exchange: { value: 'ganglion', origin: 'default' },
      'analyzer.bands.high_from': { value: 90, origin: 'GANGLION_ANALYZER_BANDS_HIGH_FROM' },
      'web.port': { value: 9000, origin: '--port' },
    });
  });
});
