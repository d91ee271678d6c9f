// npm run bench: the measurements in bench/, against programs as they are built and on a RabbitMQ of its own.
// `npm run bench -- --quick` only shows that everything works; `npm run bench -- latency tracker` does some parts.

import { readdirSync } from 'node:fs';
import { runBundled } from './run-bundled.mjs';

const floor = readdirSync(new URL('../bench/floor', import.meta.url)).map(
  (name) => `floor/${name.replace(/\.ts$/, '')}`,
);

await runBundled('bench', ['main', 'pacer-thread', ...floor]);
