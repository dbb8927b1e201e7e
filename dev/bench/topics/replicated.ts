import { startService } from '../../../test/support/process.ts';
import { newFigures } from '../figures.ts';
import { fillLog } from '../fixtures.ts';
import { CONNECTIONS, depositLoad } from '../http-load.ts';
import { startReplicatedLedger } from '../ledger.ts';
import { serialPublishes, spreadPublishes } from '../log-ceilings.ts';
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
  const [hotId = ''] = accountIds;
  const env = { NATS_URL: ledger.url, STREAM_REPLICAS: '3' };
  const service = await startService('src/account-cmd/main.ts', env);
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
    note('raw publish', await spreadPublishes(ledger.nc, seconds * 500));
    note('one after another', await serialPublishes(ledger.nc, seconds * 500));
    await load('http spread', accountIds);
    await load('http hot', [hotId]);
  }
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
