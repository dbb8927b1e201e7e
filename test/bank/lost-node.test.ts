// One small run of what `make test-faults` does with many seeds.
import { test } from 'vitest';
import { killLeaders } from '../faults/scenarios/stream-leaders.ts';
import { withSeed } from '../faults/support/try-seeds.ts';

const WHAT =
  'one of three nats-servers is killed under load and comes back: every command gets its answer';
const SIZE = { clients: 8, accounts: 3, faults: 1 };
const TIMEOUT_MS = 60_000;

test(WHAT, () => withSeed(WHAT, killLeaders, SIZE), TIMEOUT_MS);
