// npm run verify:recorder: a known signal through kills of the recorder and of the broker, and clocks that are set: twenty minutes, or
// `-- --minutes N`. Ends with code 1 when what is read back is not what was sent.

import { runBundled } from './run-bundled.mjs';

await runBundled('verify', ['recorder/main', 'recorder/publisher']);
