import { defineConfig } from 'vitest/config';

/** The long fault runs of `make test-faults`; SEEDS says how many workloads each of them tries. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'coverage/faults.json' },
  },
});
