// npm run verify:tracker: the tracker's figures beside those of the kernel's own tools, under known loads; installs what is
// missing. Ends with code 1 when one is further apart than it may be.

import { runBundled } from './run-bundled.mjs';
import { OF_VERIFICATION } from './system-packages.mjs';

await runBundled('verify', ['main', 'connections'], OF_VERIFICATION, OF_VERIFICATION);
