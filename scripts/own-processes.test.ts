import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { endAll, makeMark, markedProcesses } from './own-processes.mjs';

test('a process that left its parent and its group is found by its mark and ended', async () => {
  const mark = makeMark();
  const script = 'sleep 1000 & sleep 1000 & echo started';
  const shell = spawn('sh', ['-c', `setsid sh -c '${script}'`], {
    env: { ...process.env, ...mark },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(shell.stdout, 'data');
  await once(shell, 'exit');

  // A child is a shell still until it becomes what it was made for.
  await expect
    .poll(() => markedProcesses(mark).map((found) => found.command), { timeout: 10_000 })
    .toEqual(['sleep 1000 ', 'sleep 1000 ']);
  await endAll(mark);
  expect(markedProcesses(mark)).toEqual([]);
});

test('a process that does not listen to SIGTERM is killed', async () => {
  const mark = makeMark();
  const deaf = spawn(
    process.execPath,
    ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log()"],
    {
      env: { ...process.env, ...mark },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const exit = once(deaf, 'exit');
  await once(deaf.stdout, 'data');
  await endAll(mark);
  expect(await exit).toEqual([null, 'SIGKILL']);
});

test('a process with the mark of another run is left alone', async () => {
  const other = spawn('sleep', ['1000'], { env: { ...process.env, ...makeMark() } });
  await once(other, 'spawn');
  await endAll(makeMark());
  expect(other.exitCode).toBeNull();
  expect(other.signalCode).toBeNull();
  other.kill();
  await once(other, 'exit');
});
