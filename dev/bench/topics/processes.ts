import { startService } from '../../../test/support/process.ts';
import { newFigures } from '../figures.ts';
import { fillLog } from '../fixtures.ts';
import { CONNECTIONS, sampledLoad } from '../http-load.ts';
import { startLedger } from '../ledger.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import type { Settings, Topic } from '../topic.ts';

const ACCOUNTS = 10_000;

/** What a second process adds: with accounts of its own, and with any account at any process. */
export const processes: Topic = { name: 'processes', title: 'One and two processes', measure };

async function measure({ rounds, seconds, folder }: Settings): Promise<readonly Row[]> {
  const ledger = await startLedger(folder);
  const accountIds = await fillLog(ledger.events, ACCOUNTS, 1);
  const env = { NATS_URL: ledger.url };
  const services = await Promise.all([
    startService('src/account-cmd/main.ts', env),
    startService('src/account-cmd/main.ts', env),
  ]);
  const urls = await Promise.all(services.map((service) => service.ready()));
  const { note, of, ratio } = newFigures();

  /** One load a process, with an equal share of the connections. */
  async function load(name: string, shares: readonly (readonly string[])[]): Promise<void> {
    const connections = CONNECTIONS / shares.length;
    const results = await Promise.all(
      shares.map((ids, index) => sampledLoad(urls[index] ?? '', connections, ids, { seconds })),
    );
    const [rate, failures] = [sum(results.map((r) => r.rate)), sum(results.map((r) => r.failures))];
    note(name, rate);
    note(`${name} failures`, (100 * failures) / (rate * seconds + failures));
  }

  const own = [0, 1].map((half) => accountIds.filter((_, index) => index % 2 === half));
  progress('warming up');
  await load('warm-up', [accountIds, accountIds]);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    await load('one process', [accountIds]);
    await load('two, own accounts', own);
    await load('two, any account', [accountIds, accountIds]);
  }
  await Promise.all(services.map((service) => service.stop()));
  await ledger.stop();

  return ['one process', 'two, own accounts', 'two, any account'].flatMap((name) => [
    {
      name: `deposits, ${name}, ${CONNECTIONS} connections`,
      rounds: of(name),
      unit: 'requests/s',
      ...(name !== 'one process' && { ratio: ratio(name, 'one process') }),
    },
    { name: `not answered 2xx, ${name}`, rounds: of(`${name} failures`), unit: '%' },
  ]);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
