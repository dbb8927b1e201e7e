import { createCommandService } from '../../../src/account-cmd/command-service.ts';
import { newFigures } from '../figures.ts';
import { fillLog } from '../fixtures.ts';
import { CALLERS, hotDeposits } from '../in-process.ts';
import { startLedger } from '../ledger.ts';
import { serialPublishes } from '../log-ceilings.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import type { Settings, Topic } from '../topic.ts';

/** Commands that wait on one account share its next append: that is worth this much. */
export const HOT_TARGET = { atLeast: 4 };

/** What one account takes, beside a log that takes one event after another for it. */
export const hot: Topic = { name: 'hot', title: 'One hot account, in process', measure };

async function measure({ rounds, seconds, folder }: Settings): Promise<readonly Row[]> {
  const ledger = await startLedger(folder);
  const service = createCommandService(ledger);
  const { note, of, ratio } = newFigures();
  const [accountId = ''] = await fillLog(ledger.events, 1, 1);
  // The first calls run uncompiled.
  await hotDeposits(service, accountId, seconds * 500);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    note('one after another', await serialPublishes(ledger.nc, seconds * 500));
    note('hot', await hotDeposits(service, accountId, seconds * 500));
  }
  await service.drain();
  await ledger.stop();
  return [
    {
      name: 'raw publish, one subject, one after another',
      rounds: of('one after another'),
      unit: 'events/s',
    },
    {
      name: `deposits on one hot account, ${CALLERS} callers`,
      rounds: of('hot'),
      unit: 'commands/s',
      ratio: ratio('hot', 'one after another', HOT_TARGET),
    },
  ];
}
