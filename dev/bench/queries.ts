/**
 * `node dev/bench/queries.ts`: one account over HTTP beside a bare Fastify with one findOne, and
 * pages of a list of 100,000 accounts. ROUNDS and SECONDS change how long it takes.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { createMongoClient, databaseOf } from '../../src/platform/mongo.ts';
import { accountDocuments } from '../../src/projections/accounts.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import { startService } from '../../test/support/process.ts';
import { startMongo } from '../stack/mongo.ts';
import { startNats } from '../stack/nats.ts';
import { printTable, progress } from './report.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const SECONDS = Number(process.env['SECONDS'] ?? 5);
const ACCOUNTS = 100_000;
const OWNERS = 1_000;
const BATCH = 5_000;
const ASKED = 1_000;

/** Connections of the load on one account; a list is asked for by one client after another. */
const CONNECTIONS = 64;

const folder = await mkdtemp(join(tmpdir(), 'jetbank-bench-queries-'));
const nats = await startNats({ dataDir: join(folder, 'nats') });
const mongo = await startMongo({ dataDir: join(folder, 'mongo') });
const env = { NATS_URL: nats.url, MONGO_URI: mongo.uri, LOG_LEVEL: 'info' };
const bare = await startService('dev/bench/bare-query.ts', env);
const service = await startService('src/account-query/main.ts', env);
const [bareUrl, url] = [await bare.ready(), await service.ready()];
const client = createMongoClient(mongo.uri, 'bench');

try {
  const ids = await fillAccounts();
  const paths = ids.slice(0, ASKED).map((id) => `/accounts/${id}`);
  const figures = { bare: [] as number[], service: [] as number[] };
  progress('warming up');
  for (const target of [bareUrl, url]) await load(target, paths, CONNECTIONS);
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`one account, round ${round} of ${ROUNDS}`);
    figures.bare.push((await load(bareUrl, paths, CONNECTIONS)).rate);
    figures.service.push((await load(url, paths, CONNECTIONS)).rate);
  }
  const ratio = figures.service.map((rate, round) => rate / (figures.bare[round] ?? Number.NaN));
  const unit = 'requests/s';
  printTable([
    { name: 'bare Fastify + findOne', rounds: figures.bare, unit },
    {
      name: 'GET /accounts/{id}',
      rounds: figures.service,
      unit,
      ratio: { of: 'bare', rounds: ratio },
    },
  ]);
  for (const query of [
    'sort=-createdAt',
    'currency=USD&sort=-balance',
    'currency=EUR&minBalance=100&maxBalance=200&sort=balance',
    'owner=Owner%20500&sort=-balance',
    'currency=USD&minBalance=0&maxBalance=0&limit=100',
  ]) {
    const { p50, p99 } = await load(url, [`/accounts?${query}`], 1);
    process.stdout.write(`GET /accounts?${query}: p50 ${p50} ms, p99 ${p99} ms\n`);
  }
} finally {
  await Promise.all([bare.stop(), service.stop(), client.close()]);
  await Promise.all([nats.stop(), mongo.stop()]);
  await rm(folder, { recursive: true, force: true });
}

/** Puts the accounts into the read model, past the log; answers their ids. */
async function fillAccounts(): Promise<string[]> {
  progress(`inserting ${ACCOUNTS} accounts`);
  const collection = databaseOf(client).collection<AccountDocument>(accountDocuments.name);
  const ids: string[] = [];
  for (let start = 0; start < ACCOUNTS; start += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, index) => accountNumber(start + index));
    ids.push(...batch.map(({ _id }) => _id));
    await collection.insertMany(batch, { ordered: false });
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
    ...{ balance, deposited: balance, withdrawn: 0n },
    ...{ version: 1, sequence: 1n, createdAt: at, updatedAt: at },
  };
}

/** @throws Error when anything but 2xx is answered. */
async function load(target: string, paths: readonly string[], connections: number) {
  const result = await autocannon({
    url: target,
    connections,
    duration: SECONDS,
    requests: paths.map((path) => ({ method: 'GET' as const, path })),
  });
  const failures = result.non2xx + result.errors;
  if (failures > 0) throw new Error(`${target}: ${failures} requests failed`);
  const { p50, p99 } = result.latency;
  return { rate: result['2xx'] / result.duration, p50, p99 };
}
