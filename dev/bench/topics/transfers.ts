import { createCommandService } from '../../../src/account-cmd/command-service.ts';
import type { CommandService } from '../../../src/account-cmd/command-service.ts';
import { newFigures } from '../figures.ts';
import { fillLog } from '../fixtures.ts';
import { CALLERS, deposit, transfer } from '../in-process.ts';
import { startLedger } from '../ledger.ts';
import { batchesToOne, pairedBatches } from '../log-ceilings.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import { rateOf } from '../stats.ts';
import type { Settings, Topic } from '../topic.ts';

const PAYERS = 64;
/** More than any account sends while it is measured: 0.01 each time, in whole units of money. */
const WEALTH = 10_000n;

/** A transfer is one atomic batch; what the service adds to it may cost this much of its rate. */
export const PAIRS_TARGET = { atLeast: 0.8 };
/** Those that wait on one receiver share its next append. */
export const RECEIVER_TARGET = { atLeast: 3 };

/** Money from one account to another, beside a log that takes batches of two events. */
export const transfers: Topic = { name: 'transfers', title: 'Transfers, in process', measure };

async function measure({ rounds, seconds, folder }: Settings): Promise<readonly Row[]> {
  const ledger = await startLedger(folder);
  const service = createCommandService(ledger);
  const { note, of, ratio } = newFigures();
  const accountIds = await fillLog(ledger.events, 2 * CALLERS + PAYERS + 1, 1);
  await Promise.all(accountIds.map((accountId) => deposit(service, accountId, WEALTH)));
  const pairs = accountIds.slice(0, 2 * CALLERS);
  const [receiver = '', ...payers] = accountIds.slice(2 * CALLERS);
  const half = seconds * 500;
  // The first calls run uncompiled.
  await betweenPairs(service, pairs, half);
  await toOne(service, payers, receiver, half);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    note('batches', await pairedBatches(ledger.nc, half));
    note('pairs', await betweenPairs(service, pairs, half));
    note('batches to one', await batchesToOne(ledger.nc, half, PAYERS));
    note('to one', await toOne(service, payers, receiver, half));
  }
  await service.drain();
  await ledger.stop();
  return [
    {
      name: 'raw atomic batches of two events, pairs of subjects, 48 at once',
      rounds: of('batches'),
      unit: 'batches/s',
    },
    {
      name: `transfers between ${CALLERS} pairs of accounts`,
      rounds: of('pairs'),
      unit: 'transfers/s',
      ratio: ratio('pairs', 'batches', PAIRS_TARGET),
    },
    {
      name: 'raw atomic batches of two events, one subject in all of them',
      rounds: of('batches to one'),
      unit: 'batches/s',
    },
    {
      name: `transfers from ${PAYERS} accounts to one`,
      rounds: of('to one'),
      unit: 'transfers/s',
      ratio: ratio('to one', 'batches to one', RECEIVER_TARGET),
    },
  ];
}

/** Each caller has two accounts, and sends there and back. */
function betweenPairs(
  service: CommandService,
  accountIds: readonly string[],
  milliseconds: number,
): Promise<number> {
  const directions = new Map<number, boolean>();
  return rateOf(milliseconds, CALLERS, async (worker) => {
    const [one = '', other = ''] = accountIds.slice(2 * worker);
    const back = directions.get(worker) ?? false;
    directions.set(worker, !back);
    await (back ? transfer(service, other, one) : transfer(service, one, other));
    return 1;
  });
}

/** Each payer pays again once its last payment is answered. */
function toOne(
  service: CommandService,
  payers: readonly string[],
  receiver: string,
  milliseconds: number,
): Promise<number> {
  return rateOf(milliseconds, payers.length, async (worker) => {
    await transfer(service, payers[worker] ?? '', receiver);
    return 1;
  });
}
