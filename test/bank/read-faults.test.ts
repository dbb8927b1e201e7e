// One small run of the quick fault scenarios of the read side; `make test-faults` runs all of them.
import { test } from 'vitest';
import { QUICK_OUTAGES, QUICK_READS } from '../faults/read-scenarios.ts';
import { withSeed } from '../faults/support/try-seeds.ts';

const TIMEOUT_MS = 60_000;

for (const { what, run, small } of [...QUICK_READS, ...QUICK_OUTAGES]) {
  test(what, () => withSeed(what, run, small), TIMEOUT_MS);
}
