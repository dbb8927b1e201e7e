import { describe, test } from 'vitest';
import { seededRandom } from '../../support/random.ts';
import type { Scenario } from '../scenarios.ts';
import type { LoadSize } from './load.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 20);
const RUNS = Array.from({ length: SEEDS }, (_, run) => run + 1);

/** Runs every scenario with SEEDS (20) workloads. */
export function trySeeds(scenarios: readonly Scenario[]): void {
  for (const { what, run, size } of scenarios) {
    describe(what, () => {
      test.each(RUNS)('run %i', (number) => withSeed(`${what}, run ${number}`, run, size));
    });
  }
}

/** Runs a scenario with a new seed; a failure names it. */
export async function withSeed(name: string, run: Scenario['run'], size: LoadSize): Promise<void> {
  const random = seededRandom(name);
  try {
    await run(random, size);
  } catch (error) {
    if (error instanceof Error) error.message = `TEST_SEED=${random.seed}: ${error.message}`;
    throw error;
  }
}
