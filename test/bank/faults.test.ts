// One small run of the quick fault scenarios; `make test-faults` runs all of them with many seeds.
import { test } from 'vitest';
import { QUICK } from '../faults/scenarios.ts';
import { withSeed } from '../faults/support/try-seeds.ts';

const TIMEOUT_MS = 60_000;

for (const { what, run, small } of QUICK) {
  test(what, () => withSeed(what, run, small), TIMEOUT_MS);
}
