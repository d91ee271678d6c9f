import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { runCommand } from '../cli.ts';

// Loading every module may take its time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

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

/** A settings file in a folder of its own. */
function settings(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganglion-notify-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'ganglion.toml');
  writeFileSync(path, `[notifier]\nstate_dir = "${folder}/state"\n\n${text}`);
  return path;
}

/** A real receiver, which answers with a status. */
async function receiver(status: number): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/s3cret-path`;
}

const HOOK = '[notifier.channels.ops]\ntype = "webhook"\nurl = { env = "OPS_URL" }\n';

const failure = (...words: string[]) => runCommand(['notify', ...words]).catch((thrown) => thrown);

describe('ganglion notify', () => {
  test('sends a test through a channel', async () => {
    vi.stubEnv('OPS_URL', await receiver(204));
    await runCommand(['notify', '--test', 'ops', '--config', settings(HOOK)]);
    expect(said).toBe('ops has taken a test.\n');
  });

  test('says in one line why a channel did not take it, and no secret', async () => {
    vi.stubEnv('OPS_URL', await receiver(503));
    const error = await failure('--test', 'ops', '--config', settings(HOOK));
    expect(error).toMatchObject({ code: 'CHANNEL_NOT_TOLD', configuration: false });
    expect(error.message).toMatch(/^channel ops has not taken a test: the answer was 503; [^\n]+$/);
    expect(error.message).not.toContain('s3cret');
  });

  test('lists the channels', async () => {
    vi.stubEnv('OPS_URL', 'http://127.0.0.1:1');
    const path = settings(`${HOOK}\n[notifier.channels.local]\ntype = "program"\ncommand = ["true"]\n`);
    await runCommand(['notify', '--list', '--config', path]);
    expect(said).toBe('ops    webhook  nothing waits\nlocal  program  nothing waits\n');
    await runCommand(['notify', '--dead', '--config', path]);
    expect(said).toContain('Everything could be told.');
  });

  test.each([
    ['a channel that is not there', HOOK, ['--test', 'opps'], 'CHANNEL_UNKNOWN', 'did you mean "ops"?'],
    ['nothing to do', HOOK, [], 'ARGUMENTS_WRONG', 'ganglion notify --test CHANNEL'],
    ['two things at once', HOOK, ['--list', '--dead'], 'ARGUMENTS_WRONG', 'one of --test'],
    [
      'a wrong type',
      '[notifier.channels.ops]\n\ntype = "fax"\n',
      ['--list'],
      'CHANNEL_INVALID',
      'ganglion.toml, line 6)',
    ],
    [
      'a missing setting',
      '[notifier.channels.ops]\ntype = "gotify"\n',
      ['--list'],
      'CHANNEL_INVALID',
      'ganglion.toml, line 4)',
    ],
    [
      'a secret in the file',
      '[notifier.channels.ops]\ntype = "slack"\nurl = "https://s3cret"',
      ['--list'],
      'CHANNEL_INVALID',
      'line 6)',
    ],
    ['a name that is none', '[notifier.channels."Ops 1"]\ntype = "slack"\n', ['--list'], 'SETTING_INVALID', 'line 4)'],
    [
      'a wrong hour',
      `${HOOK}\n[[notifier.routes]]\nchannels = ["ops"]\nhours = "8-18"\n`,
      ['--list'],
      'SETTING_INVALID',
      'line 10)',
    ],
    [
      'a route to nowhere',
      `${HOOK}\n[[notifier.routes]]\nchannels = ["dba"]\n`,
      ['--list'],
      'ROUTE_INVALID',
      'line 9)',
    ],
    ['a variable that is not set', HOOK.replace('OPS_URL', 'NOT_SET'), ['--list'], 'SECRET_UNREADABLE', 'line 6)'],
  ])('refuses %s, and names the line', async (_what, text, words, code, place) => {
    vi.stubEnv('OPS_URL', 'http://127.0.0.1:1');
    const error = await failure(...words, '--config', settings(text));
    expect(error).toMatchObject({ code, configuration: true });
    expect(error.message).toContain(place);
    expect(error.message).toMatch(/^[^\n]+: [^\n]+; [^\n]+$/);
    expect(error.message).not.toContain('s3cret');
    expect(said).toBe('');
  });
});
