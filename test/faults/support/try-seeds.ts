import { describe, test } from 'vitest';
import { seededRandom } from '../../support/random.ts';
import type { Scenario } from '../scenarios.ts';
import type { LoadSize } from './load.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 20);

/** Runs every scenario with SEEDS (20) workloads, or as many as it can have. */
export function trySeeds(scenarios: readonly Scenario[]): void {
  for (const { what, run, size, mostRuns = SEEDS } of scenarios) {
    const runs = Array.from({ length: Math.min(SEEDS, mostRuns) }, (_, index) => index + 1);
    describe(what, () => {
      test.each(runs)('run %i', (number) => withSeed(`${what}, run ${number}`, run, size));
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
