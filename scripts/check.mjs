// The fast half of the tests: format, lint, types, who imports whom, what nobody uses, unit tests.
// Steps run two at a time, since each is one process; every failure is shown, and any makes the check fail.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Steps that read the code and start nothing; `npm test` runs them too. */
export const STATIC_STEPS = [
  ['types', 'tsc', '-p', 'tsconfig.json'],
  ['page types', 'svelte-check', '--workspace', 'modules/web', '--tsconfig', './tsconfig.json', '--fail-on-warnings'],
  ['format and lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['who imports whom', 'depcruise', '--output-type', 'err', 'packages', 'modules', 'apps', 'examples', 'test'],
  ['what nobody uses', 'knip'],
];

/** What can only be looked at once it is built: `npm test` runs these after its build. */
export const BUILT_STEPS = ['kernel', 'topics', 'bus-amqp', 'spool', 'anomaly', 'testkit'].map((name) => [
  `package ${name}, as published`,
  'publint',
  'run',
  `packages/${name}`,
  '--strict',
]);

const UNIT_TESTS = ['unit tests', 'vitest', 'run', '--project', 'unit'];

/**
 * Runs the steps; resolves to the names of those that failed. With `nice` they leave the cores to others, as nice(1) counts it;
 * `say` takes how each ended.
 */
export async function runSteps(
  steps,
  { at_once = 2, environment = process.env, nice = 0, say = (text) => console.log(text) } = {},
) {
  const waiting = [...steps];
  const failed = [];
  const children = new Set();
  const stop = (signal) => {
    waiting.length = 0;
    for (const child of children) child.kill(signal);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);

  const work = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const [name, command, ...options] = step;
      const began_ms = Date.now();
      const { code, output } = await run(command, options, environment, children, nice);
      const seconds = ((Date.now() - began_ms) / 1000).toFixed(1);
      if (code === 0) {
        say(`ok    ${name} (${seconds} s)`);
      } else {
        failed.push(name);
        say(`FAIL  ${name} (${seconds} s)\n${output}`);
      }
    }
  };
  await Promise.all(Array.from({ length: at_once }, work));
  process.off('SIGINT', stop);
  process.off('SIGTERM', stop);
  return failed;
}

function run(command, options, environment, children, nice) {
  return new Promise((resolve) => {
    const words = ['-n', `${nice}`, `${root}node_modules/.bin/${command}`, ...options];
    const child = spawn('nice', words, { cwd: root, env: environment });
    children.add(child);
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.stderr.on('data', (text) => {
      output += text;
    });
    child.on('error', (error) => {
      output += `${error.message}; run "npm ci" first`;
    });
    child.on('close', (code) => {
      children.delete(child);
      resolve({ code, output });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const failed = await runSteps([UNIT_TESTS, ...STATIC_STEPS]);
  console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
