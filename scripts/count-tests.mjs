// A vitest reporter that writes down how the run ended, for the last line of `npm test`.

import { writeFileSync } from 'node:fs';

export default class CountTests {
  onTestRunEnd(modules, unhandled_errors) {
    const counts = { passed: 0, failed: unhandled_errors.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        // A test that never came to its end has not passed.
        const { state } = test.result();
        counts[state === 'pending' ? 'failed' : state]++;
      }
      // A file that cannot be read, or a hook that throws, fails without a test of its own.
      for (const suite of [module, ...module.children.allSuites()]) {
        if (suite.errors().length > 0) counts.failed++;
      }
    }
    writeFileSync(process.env.TEST_COUNTS_FILE, JSON.stringify(counts));
  }
}
