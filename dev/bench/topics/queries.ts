import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import autocannon from 'autocannon';
import type { Collection } from 'mongodb';
import { createMongoClient, databaseOf } from '../../../src/platform/mongo.ts';
import { openedWith } from '../../../src/account/events.ts';
import type { AccountDocument } from '../../../src/projections/accounts.ts';
import { startService } from '../../../test/support/process.ts';
import { startMongo } from '../../stack/mongo.ts';
import { startNats } from '../../stack/nats.ts';
import { newFigures } from '../figures.ts';
import { CONNECTIONS } from '../http-load.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import type { Settings, Topic } from '../topic.ts';

const ACCOUNTS = 100_000;
const OWNERS = 1_000;
const BATCH = 5_000;
const ASKED = 1_000;
const TARGET = { atLeast: 0.85 };
const LIST_TARGET = { atMost: 20 };

/** Filters and sorts of the list, each asked by one client again and again. */
const LISTS = [
  'sort=-createdAt',
  'currency=USD&sort=-balance',
  'currency=EUR&minBalance=100&maxBalance=200&sort=balance',
  'owner=Owner%20500&sort=-balance',
  'currency=USD&minBalance=0&maxBalance=0&limit=100',
];

/** One account beside a bare Fastify with one findOne, and pages of a list of many accounts. */
export const queries: Topic = { name: 'queries', title: 'Queries over HTTP', measure };

async function measure({ rounds, seconds, folder }: Settings): Promise<readonly Row[]> {
  const nats = await startNats({ dataDir: join(folder, 'nats') });
  const mongo = await startMongo({ dataDir: join(folder, 'mongo') });
  const env = { NATS_URL: nats.url, MONGO_URI: mongo.uri };
  const bare = await startService('dev/bench/bare-query.ts', env);
  const service = await startService('src/account-query/main.ts', env);
  const [bareUrl, url] = [await bare.ready(), await service.ready()];
  const client = createMongoClient(mongo.uri, 'bench');
  const ids = await fillAccounts(databaseOf(client).collection('accounts_v1'));
  const paths = ids.slice(0, ASKED).map((id) => `/accounts/${id}`);
  const { note, of, ratio } = newFigures();

  progress('warming up');
  for (const target of [bareUrl, url]) await load(target, paths, CONNECTIONS, seconds);
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    note('bare', (await load(bareUrl, paths, CONNECTIONS, seconds / 2)).rate);
    note('one account', (await load(url, paths, CONNECTIONS, seconds)).rate);
    for (const list of LISTS) {
      note(list, (await load(url, [`/accounts?${list}`], 1, seconds / LISTS.length)).p99);
    }
  }
  await Promise.all([bare.stop(), service.stop(), client.close()]);
  await Promise.all([nats.stop(), mongo.stop()]);

  const unit = 'requests/s';
  return [
    { name: 'bare Fastify and findOne', rounds: of('bare'), unit },
    {
      name: `GET /accounts/{id}, ${CONNECTIONS} connections`,
      rounds: of('one account'),
      unit,
      ratio: ratio('one account', 'bare', TARGET),
    },
    ...LISTS.map((list) => ({
      name: `GET /accounts?${list}, p99`,
      rounds: of(list),
      unit: 'ms',
      target: LIST_TARGET,
    })),
  ];
}

/** Puts the accounts into the read model, past the log; answers their ids. */
async function fillAccounts(accounts: Collection<AccountDocument>): Promise<string[]> {
  progress(`inserting ${ACCOUNTS} accounts`);
  const ids: string[] = [];
  for (let start = 0; start < ACCOUNTS; start += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, index) => accountNumber(start + index));
    ids.push(...batch.map(({ _id }) => _id));
    await accounts.insertMany(batch, { ordered: false });
  }
  return ids;
}

function accountNumber(index: number): AccountDocument {
  const at = new Date(index);
  // A third of them is empty.
  const balance = index % 3 === 0 ? 0n : BigInt(index);
  return {
    _id: randomUUID(),
    ownerName: `Owner ${index % OWNERS}`,
    currency: index % 2 === 0 ? 'USD' : 'EUR',
    ...openedWith(balance),
    ...{ deposited: balance, withdrawn: 0n, received: 0n, sent: 0n },
    ...{ version: 1, sequence: 1n, createdAt: at, updatedAt: at },
  };
}

/** @throws Error when anything but 2xx is answered. */
async function load(
  target: string,
  paths: readonly string[],
  connections: number,
  seconds: number,
) {
  const result = await autocannon({
    url: target,
    connections,
    duration: Math.max(1, Math.round(seconds)),
    requests: paths.map((path) => ({ method: 'GET' as const, path })),
  });
  const failures = result.non2xx + result.errors;
  if (failures > 0) throw new Error(`${target}: ${failures} requests failed`);
  return { rate: result['2xx'] / result.duration, p99: result.latency.p99 };
}
