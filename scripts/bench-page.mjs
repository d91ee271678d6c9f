// npm run bench:page: the measurements in bench/page/, of the page in Debian's Chromium, over a RabbitMQ of its own.
// `npm run bench:page -- --quick` only shows that everything works; `npm run bench:page -- chain load` does some parts.

import { runBundled } from './run-bundled.mjs';

await runBundled(
  'bench',
  ['page', 'page/publisher', 'page/clients', 'page/broadcaster'],
  ['rabbitmq-server', 'chromium'],
);
