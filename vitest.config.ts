import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'dev/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/faults/**'],
    globalSetup: ['test/support/global-setup.ts'],
    // A test file may run a nats-server and services of its own, and waits for them half of the time:
    // three at once fill two cores.
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    // The file is what .ci/run counts the tests from.
    reporters: ['default', 'json'],
    outputFile: { json: 'coverage/tests.json' },
  },
});
