import { startService } from '../../../test/support/process.ts';
import { newFigures } from '../figures.ts';
import { fillLog } from '../fixtures.ts';
import { CONNECTIONS, depositLoad } from '../http-load.ts';
import { startLedger } from '../ledger.ts';
import { serialPublishes, spreadPublishes } from '../log-ceilings.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import type { Settings, Topic } from '../topic.ts';

export const ACCOUNTS = 10_000;
const TARGET = { spread: { atLeast: 0.8 }, hot: { atLeast: 0.9 } };

/** What the service costs beside a bare one, and a hot account beside a spread load. */
export const http: Topic = { name: 'http', title: 'Commands over HTTP', measure };

async function measure({ rounds, seconds, folder }: Settings): Promise<readonly Row[]> {
  const ledger = await startLedger(folder);
  progress(`filling the log with ${ACCOUNTS} accounts`);
  const accountIds = await fillLog(ledger.events, ACCOUNTS, 1);
  const bare = await startService('dev/bench/bare-service.ts', { NATS_URL: ledger.url });
  const service = await startService('src/account-cmd/main.ts', { NATS_URL: ledger.url });
  const [bareUrl, url] = [await bare.ready(), await service.ready()];
  const { note, of, ratio } = newFigures();

  async function load(name: string, target: string, ids: readonly string[]): Promise<void> {
    const { rate, failures, p99 } = await depositLoad(target, ids, { seconds });
    if (failures > 0) throw new Error(`${name}: ${failures} requests failed`);
    progress(`  ${name}: p99 ${p99} ms`);
    note(name, rate);
  }

  progress('warming up');
  // Every account once: what is measured is the steady state, not the first read of each account.
  await depositLoad(bareUrl, accountIds, { requests: 2 * ACCOUNTS });
  await depositLoad(url, accountIds, { requests: 2 * ACCOUNTS });
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    note('raw publish', await spreadPublishes(ledger.nc, seconds * 500));
    note('one after another', await serialPublishes(ledger.nc, seconds * 500));
    await load('bare', bareUrl, accountIds);
    await load('spread', url, accountIds);
    await load('hot', url, accountIds.slice(0, 1));
  }
  await Promise.all([bare.stop(), service.stop()]);
  await ledger.stop();

  const [events, requests] = ['events/s', 'requests/s'];
  const connections = `${CONNECTIONS} connections`;
  const accounts = ACCOUNTS.toLocaleString('en');
  return [
    { name: 'raw publish, 256 subjects at once', rounds: of('raw publish'), unit: events },
    {
      name: 'raw publish, one subject, one after another',
      rounds: of('one after another'),
      unit: events,
    },
    { name: `bare Fastify + one publish, ${connections}`, rounds: of('bare'), unit: requests },
    {
      name: `deposits spread over ${accounts} accounts, ${connections}`,
      rounds: of('spread'),
      unit: requests,
      ratio: ratio('spread', 'bare', TARGET.spread),
    },
    {
      name: `deposits on one hot account, ${connections}`,
      rounds: of('hot'),
      unit: requests,
      ratio: ratio('hot', 'spread', TARGET.hot),
    },
  ];
}
