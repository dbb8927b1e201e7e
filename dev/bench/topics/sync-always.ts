import { createCommandService } from '../../../src/account-cmd/command-service.ts';
import { findNewestNatsServer } from '../../binaries/nats-server.ts';
import { startDepositService } from '../deposit-service.ts';
import { newFigures } from '../figures.ts';
import { fillLog } from '../fixtures.ts';
import { CALLERS, hotDeposits } from '../in-process.ts';
import { startLedger } from '../ledger.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import type { Settings, Topic } from '../topic.ts';
import { HOT_TARGET } from './hot.ts';

const ACCOUNTS = 1_000;

/**
 * The same where nats-server syncs to disk before it acknowledges: with the newest to be had, since those
 * before 2.15 sync every event of an atomic batch by itself.
 */
export const syncAlways: Topic = {
  name: 'sync-always',
  title: 'With sync_interval: always',
  measure,
};

async function measure({ rounds, seconds, folder }: Settings): Promise<readonly Row[]> {
  const binary = await findNewestNatsServer({ progress });
  const ledger = await startLedger(folder, {
    natsConfig: 'jetstream { sync_interval: always }',
    binary,
  });
  const accountIds = await fillLog(ledger.events, ACCOUNTS, 1);
  const inProcess = createCommandService(ledger);
  const figures = newFigures();
  const { note, of, ratio } = figures;
  const service = await startDepositService(ledger, accountIds, figures);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    // A service of its own account, so that no cache is behind.
    const [ownId = ''] = await fillLog(ledger.events, 1, 1);
    await service.noteCeilings(seconds);
    note('hot', await hotDeposits(inProcess, ownId, seconds * 500));
    await service.noteDeposits(seconds);
  }
  await inProcess.drain();
  await service.stop();
  await ledger.stop();
  return [
    ...service.ceilings(),
    {
      name: `deposits on one hot account, in process, ${CALLERS} callers, nats-server ${binary.version ?? 'unknown'}`,
      rounds: of('hot'),
      unit: 'commands/s',
      ratio: ratio('hot', 'one after another', HOT_TARGET),
    },
    ...service.deposits(),
  ];
}
