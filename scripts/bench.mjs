// npm run bench: the measurements in bench/, against programs as they are built and on a RabbitMQ of its own.
// `npm run bench -- --quick` only shows that everything works; `npm run bench -- latency tracker` does some parts.

import { readdirSync } from 'node:fs';
import { runBundled } from './run-bundled.mjs';
import { PEERS } from './system-packages.mjs';

const floor = readdirSync(new URL('../bench/floor', import.meta.url)).map(
  (name) => `floor/${name.replace(/\.ts$/, '')}`,
);

// What the tracker is measured beside; parts that do without are asked for by name.
const parts = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const uses = (part, packages) => (parts.length === 0 || parts.includes(part) ? packages : []);
const installed = [
  ...uses('peers', PEERS),
  ...uses('syscalls', ['strace']),
  ...(parts.includes('recorder') ? ['prometheus'] : []),
];

await runBundled(
  'bench',
  ['main', 'pacer-thread', 'recorder/feed', 'recorder/writer', ...floor],
  ['rabbitmq-server'],
  installed,
);
