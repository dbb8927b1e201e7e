import { expect } from 'vitest';
import type { Bank } from '../../support/bank.ts';
import type { SeededRandom } from '../../support/random.ts';
import { jetbankOk } from '../../support/jetbank.ts';
import { expectReadModelsOf, untilProjected } from '../../support/read-models.ts';
import { faultRun } from './fault-run.ts';
import type { Faults, Outcome } from './fault-run.ts';
import type { LoadSize } from './load.ts';
import type { Stage } from './stage.ts';

/** The projector may be waiting between two tries (5 s), or for a server that was away. */
const CAUGHT_UP_MS = 60_000;

/**
 * A fault run whose read models are held against the log afterwards: every event has its effect once
 * in each of them (I3), and the fold of the log is the document and the last line (I4). The operator's
 * own comparison must find the same.
 */
export function readFaultRun(
  stage: Stage<Bank>,
  random: SeededRandom,
  size: LoadSize,
  faults: Faults,
): Promise<Outcome> {
  const { bank } = stage;
  return faultRun(stage, random, size, faults, async ({ ledger }) => {
    await untilProjected(bank.db, ledger.lastSequence, CAUGHT_UP_MS);
    await expectReadModelsOf(bank.db, ledger);
    await expectVerified(bank);
  });
}

/** `jetbank verify` finds nothing: neither in the log nor in snapshots and read models. */
export async function expectVerified({ env }: Pick<Bank, 'env'>): Promise<void> {
  expect(await jetbankOk(env, 'verify')).toMatch(/^no findings$/m);
}
