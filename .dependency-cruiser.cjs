// Who may import whom. Modules know no one; only bus-amqp knows AMQP; only apps/cli joins a bus and a module.
// Tests may also use the testkit and anything the workspace has.
const TEST = '(\\.test|-under-test)\\.ts$';

module.exports = {
  forbidden: [
    {
      name: 'kernel-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^packages/kernel/', pathNot: TEST },
      to: { path: '^(packages/(?!kernel/)|modules/|apps/)' },
    },
    {
      name: 'topics-import-the-kernel-alone',
      severity: 'error',
      from: { path: '^packages/topics/', pathNot: TEST },
      to: { path: '^(packages/(?!(topics|kernel)/)|modules/|apps/)' },
    },
    {
      name: 'bus-amqp-imports-the-kernel-alone',
      severity: 'error',
      from: { path: '^packages/bus-amqp/', pathNot: TEST },
      to: { path: '^(packages/(?!(bus-amqp|kernel)/)|modules/|apps/)' },
    },
    {
      name: 'the-spool-imports-the-kernel-alone',
      severity: 'error',
      from: { path: '^packages/spool/', pathNot: TEST },
      to: { path: '^(packages/(?!(spool|kernel)/)|modules/|apps/)' },
    },
    {
      name: 'anomaly-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^packages/anomaly/', pathNot: TEST },
      to: { path: '^(packages/(?!anomaly/)|modules/|apps/)' },
    },
    {
      name: 'modules-import-kernel-and-topics-alone',
      severity: 'error',
      from: { path: '^modules/([^/]+)/', pathNot: `(${TEST}|^modules/analyzer/)` },
      to: { path: '^(packages/(?!(kernel|topics)/)|apps/|modules/(?!$1/))' },
    },
    {
      name: 'the-analyzer-imports-the-detector-too',
      severity: 'error',
      from: { path: '^modules/analyzer/', pathNot: TEST },
      to: { path: '^(packages/(?!(kernel|topics|anomaly)/)|apps/|modules/(?!analyzer/))' },
    },
    {
      name: 'a-module-never-imports-a-module',
      comment: 'Holds for tests too: what joins modules stands in test/.',
      severity: 'error',
      from: { path: '^modules/([^/]+)/' },
      to: { path: '^modules/(?!$1/)' },
    },
    {
      name: 'the-page-imports-no-server-code',
      severity: 'error',
      from: { path: '^modules/web/page/', pathNot: TEST },
      to: { path: '^(packages/(?!topics/src/(life|units)\\.ts)|apps/|modules/web/server/)' },
    },
    {
      name: 'only-bus-amqp-knows-amqp',
      severity: 'error',
      from: { path: '^(packages|modules|apps)/', pathNot: '^packages/(bus-amqp|testkit)/' },
      to: { path: 'node_modules/amqplib' },
    },
    {
      name: 'only-the-cli-joins-bus-and-module',
      severity: 'error',
      from: { path: '^(packages/(kernel|topics)|modules)/', pathNot: TEST },
      to: { path: '^packages/(bus-amqp|testkit)/' },
    },
    {
      name: 'the-testkit-imports-the-kernel-alone',
      severity: 'error',
      from: { path: '^packages/testkit/', pathNot: TEST },
      to: { path: '^(packages/(?!(testkit|kernel)/)|modules/|apps/)' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'nothing-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(virtual:|node:sqlite$|better-sqlite3$)' },
    },
    {
      name: 'no-dev-dependency-at-run-time',
      severity: 'error',
      from: { path: '^(packages/(?!testkit)|modules)/', pathNot: `(${TEST}|/page/|\\.config\\.ts$)` },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@ganglion/source', 'import', 'node', 'default'],
    },
  },
};
