import { startDepositService } from '../deposit-service.ts';
import { newFigures } from '../figures.ts';
import { fillLog } from '../fixtures.ts';
import { startReplicatedLedger } from '../ledger.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import type { Settings, Topic } from '../topic.ts';

const ACCOUNTS = 1_000;

/** What three copies cost where three servers share one machine: more than on three machines. */
export const replicated: Topic = {
  name: 'replicated',
  title: 'Three copies, three servers on one machine',
  measure,
};

async function measure({ rounds, seconds, folder }: Settings): Promise<readonly Row[]> {
  const ledger = await startReplicatedLedger(folder);
  const accountIds = await fillLog(ledger.events, ACCOUNTS, 1);
  const env = { STREAM_REPLICAS: '3' };
  const service = await startDepositService(ledger, accountIds, newFigures(), env);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    await service.noteCeilings(seconds);
    await service.noteDeposits(seconds);
  }
  await service.stop();
  await ledger.stop();
  return [...service.ceilings(), ...service.deposits()];
}
