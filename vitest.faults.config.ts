import { defineConfig } from 'vitest/config';

/** The long fault runs of `make test-faults`: SEEDS (20) says how many workloads each scenario gets. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'coverage/faults.json' },
  },
});
