import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf, openChannel, send } from '../channel-under-test.ts';

const open = (...command: string[]) => openChannel({ type: 'program', command });

/** Runs Node with a program given as a text. */
const node = (source: string, ...words: string[]) => open(process.execPath, '-e', source, ...words);

describe('a program', () => {
  it('gets the notice on its standard input, and its arguments as they stand', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ganglion-program-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'told');
    const source = `
      const said = { input: require('fs').readFileSync(0, 'utf8'), words: process.argv.slice(1), env: process.env };
      require('fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify(said));`;
    process.env['GANGLION_TEST_SECRET'] = 'hidden';
    onTestFinished(() => {
      delete process.env['GANGLION_TEST_SECRET'];
    });
    await send(node(source, '$(touch /tmp/x); `id`', '*'), noticeOf());
    const { input, words, env } = JSON.parse(readFileSync(file, 'utf8'));
    expect(JSON.parse(input)).toEqual(noticeOf());
    expect(words).toEqual(['$(touch /tmp/x); `id`', '*']);
    expect(env).toMatchObject({ NOTICE_KEY: noticeOf().key, NOTICE_KIND: 'raised', NOTICE_SEVERITY: 'warning' });
    expect(env).not.toHaveProperty('GANGLION_TEST_SECRET');
  });

  it.each<[string, () => ReturnType<typeof open>, string]>([
    [
      'that fails',
      () => node("console.error('no paper\\nout of ink'); process.exit(3)"),
      'it ended with 3: out of ink',
    ],
    ['that is killed', () => node("process.kill(process.pid, 'SIGKILL')"), 'it ended with SIGKILL'],
    ['that is not there', () => open('/nowhere/tell'), 'it does not start'],
    [
      'that says a lot and fails',
      () => node("process.stderr.write('x'.repeat(5e6), () => process.exit(1))"),
      'it ended with 1',
    ],
  ])('%s is tried again', async (_name, channel, why) => {
    await expect(send(channel(), noticeOf())).rejects.toMatchObject({
      name: 'NotSent',
      permanent: false,
      message: expect.stringContaining(why),
    });
  });

  it('that reads nothing of what it is given has done it all the same', async () => {
    await expect(send(node(''), noticeOf({ text: 'x'.repeat(1_000_000) }))).resolves.toBeUndefined();
  });

  it('that takes too long is killed with all that it has started', async () => {
    const source = `
      const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      console.error('child', child.pid);
      setInterval(() => {}, 1000);`;
    const controller = new AbortController();
    const working = node(source).send(noticeOf(), undefined, controller.signal);
    const timer = setTimeout(() => controller.abort(), 500);
    onTestFinished(() => clearTimeout(timer));
    const error = await working.catch((thrown) => thrown);
    expect(error.message).toMatch(/^it took too long: child \d+$/);
    const pid = Number(/\d+$/.exec(error.message)?.[0]);
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

/** A zombie that its new parent has not taken notice of yet is dead too. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
