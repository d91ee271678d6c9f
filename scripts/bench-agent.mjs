// npm run bench:agent: what the agent costs, in each of its shapes and with each way to make it smaller, on a RabbitMQ of
// its own. `npm run bench:agent -- --quick` only shows that everything works; a word takes the ways that it is part of.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleAgent } from './bundle-agent.mjs';
import { makeExecutable } from './make-executable.mjs';
import { runBundled } from './run-bundled.mjs';

const folder = fileURLToPath(new URL('../.build/agent/', import.meta.url));
mkdirSync(folder, { recursive: true });
const executable = `${folder}ganglion-agent`;
const program = (path) => bundleAgent(path, 'program');

await bundleAgent(`${executable}.mjs`, 'file');
await bundleAgent(`${executable}.cjs`, 'program');
await makeExecutable(executable, program);
await makeExecutable(`${executable}-unstripped`, program, {}, { strip: false });
await makeExecutable(`${executable}-cached`, program, { useCodeCache: true });
await makeExecutable(`${executable}-snapshot`, (path) => bundleAgent(path, 'snapshot'), { useSnapshot: true });

await runBundled('bench', ['agent', 'floor/idle']);
