// npm run chaos: breaks everything that can break, on brokers of its own, and says what was lost.
// `npm run chaos -- deaths cluster` does some of it; `--quick` only shows that everything works.

import { runBundled } from './run-bundled.mjs';

await runBundled('chaos', ['main', 'fleet'], ['rabbitmq-server', 'chromium']);
