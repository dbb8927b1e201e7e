import { createCommandService } from '../../../src/account-cmd/command-service.ts';
import { startService } from '../../../test/support/process.ts';
import { newFigures } from '../figures.ts';
import { fillLog } from '../fixtures.ts';
import { CONNECTIONS, depositLoad } from '../http-load.ts';
import { CALLERS, hotDeposits } from '../in-process.ts';
import { startLedger } from '../ledger.ts';
import { serialPublishes, spreadPublishes } from '../log-ceilings.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import type { Settings, Topic } from '../topic.ts';
import { HOT_TARGET } from './hot.ts';

const ACCOUNTS = 1_000;

/** The same where nats-server syncs every write to disk before it acknowledges. */
export const syncAlways: Topic = {
  name: 'sync-always',
  title: 'With sync_interval: always',
  measure,
};

async function measure({ rounds, seconds, folder }: Settings): Promise<readonly Row[]> {
  const ledger = await startLedger(folder, { natsConfig: 'jetstream { sync_interval: always }' });
  const accountIds = await fillLog(ledger.events, ACCOUNTS, 1);
  const [hotId = ''] = accountIds;
  const inProcess = createCommandService(ledger);
  const service = await startService('src/account-cmd/main.ts', { NATS_URL: ledger.url });
  const url = await service.ready();
  const { note, of, ratio } = newFigures();

  async function load(name: string, ids: readonly string[]): Promise<void> {
    const { rate, failures } = await depositLoad(url, ids, { seconds });
    if (failures > 0) throw new Error(`${name}: ${failures} requests failed`);
    note(name, rate);
  }

  progress('warming up');
  await depositLoad(url, accountIds, { requests: 5 * ACCOUNTS });
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    // A service of its own account, so that no cache is behind.
    const [ownId = ''] = await fillLog(ledger.events, 1, 1);
    note('raw publish', await spreadPublishes(ledger.nc, seconds * 500));
    note('one after another', await serialPublishes(ledger.nc, seconds * 500));
    note('hot', await hotDeposits(inProcess, ownId, seconds * 500));
    await load('http spread', accountIds);
    await load('http hot', [hotId]);
  }
  await inProcess.drain();
  await service.stop();
  await ledger.stop();

  const [events, requests] = ['events/s', 'requests/s'];
  return [
    { name: 'raw publish, 256 subjects at once', rounds: of('raw publish'), unit: events },
    {
      name: 'raw publish, one subject, one after another',
      rounds: of('one after another'),
      unit: events,
    },
    {
      name: `deposits on one hot account, in process, ${CALLERS} callers`,
      rounds: of('hot'),
      unit: 'commands/s',
      ratio: ratio('hot', 'one after another', HOT_TARGET),
    },
    {
      name: `deposits over HTTP spread over ${ACCOUNTS.toLocaleString('en')} accounts, ${CONNECTIONS} connections`,
      rounds: of('http spread'),
      unit: requests,
      ratio: ratio('http spread', 'raw publish'),
    },
    {
      name: `deposits over HTTP on one hot account, ${CONNECTIONS} connections`,
      rounds: of('http hot'),
      unit: requests,
      ratio: ratio('http hot', 'one after another'),
    },
  ];
}
