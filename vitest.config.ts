import { defineConfig } from 'vitest/config';

// Two projects: `unit` needs nothing but Node and runs in `npm run check`; `whole` needs a real RabbitMQ, a real browser
// and Python, and runs in `npm test`. A test that needs any of them is named *.broker.test.ts or stands in test/.
const conditions = ['@ganglion/source'];
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
};

/** For what never comes, and no measure: a test waits for events, also on a machine that is busy. */
const bounds = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['{packages,modules,apps}/**/*.test.ts', '{scripts,chaos}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.broker.test.ts'],
          sequence: { groupOrder: 0 },
          // Our code has no state at module level, so the files can share a process: a third of the time.
          isolate: false,
          ...bounds,
        },
      },
      {
        ...shared,
        test: {
          name: 'whole',
          include: ['{packages,modules,apps}/**/*.broker.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          // The RabbitMQ that the files share.
          globalSetup: 'packages/testkit/src/global-setup.ts',
          ...bounds,
          // More than the cores there are: most of a test is waiting for a program to do something.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
