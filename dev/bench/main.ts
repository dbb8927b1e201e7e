/**
 * `make bench`: what jetbank does in a second, each figure beside a ceiling measured in the same
 * round, since machines differ and are noisy. ROUNDS and SECONDS change how long it takes.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { MongoClient } from 'mongodb';
import { connect } from 'nats';
import { jetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import { provisionStreams } from '../../src/event-store/jetstream/provision.ts';
import { startMongo } from '../stack/mongo.ts';
import { startNats } from '../stack/nats.ts';
import { startService } from '../../test/support/process.ts';
import { fillLog } from './fixtures.ts';
import { depositLoad } from './http-load.ts';
import { serialPublishes, spreadPublishes } from './log-ceilings.ts';
import { catchUpRate, rawWriteRate } from './projection.ts';
import { printTable, progress } from './report.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const SECONDS = Number(process.env['SECONDS'] ?? 5);
const ACCOUNTS = 10_000;
const PROJECTED_EVENTS_EACH = 10;

const folder = await mkdtemp(join(tmpdir(), 'jetbank-bench-'));
const figures = new Map<string, number[]>();
const note = (name: string, value: number) => {
  progress(`  ${name}: ${Math.round(value)}`);
  figures.set(name, [...(figures.get(name) ?? []), value]);
};
const of = (name: string) => figures.get(name) ?? [];
const ratio = (name: string, ceiling: string) => ({
  of: ceiling,
  rounds: of(name).map((value, round) => value / (of(ceiling)[round] ?? Number.NaN)),
});

try {
  await measureCommands();
  await measureProjection();
} finally {
  await rm(folder, { recursive: true, force: true });
}

const events = 'events/s';
const requests = 'requests/s';
printTable([
  { name: 'raw publish, 256 subjects at once', rounds: of('raw publish'), unit: events },
  {
    name: 'raw publish, one subject, one after another',
    rounds: of('serial publish'),
    unit: events,
  },
  { name: 'bare Fastify + one publish, 64 connections', rounds: of('bare'), unit: requests },
  {
    name: `deposits spread over ${ACCOUNTS.toLocaleString('en')} accounts, 64 connections`,
    rounds: of('spread'),
    unit: requests,
    ratio: ratio('spread', 'bare'),
  },
  {
    name: 'deposits on one hot account, 64 connections',
    rounds: of('hot'),
    unit: requests,
    ratio: ratio('hot', 'spread'),
  },
  { name: 'raw driver, same documents and lines', rounds: of('raw writes'), unit: events },
  {
    name: 'projection catch-up, both read models',
    rounds: of('catch-up'),
    unit: events,
    ratio: ratio('catch-up', 'raw writes'),
  },
]);

async function measureCommands(): Promise<void> {
  const nats = await startNats({ dataDir: join(folder, 'nats') });
  const nc = await connect({ servers: nats.url, noAsyncTraces: true });
  const jsm = await jetstreamManager(nc);
  const [ledger] = await provisionStreams(jsm, { create: true, replicas: 1 });
  if (ledger === undefined) throw new Error('no stream was made');
  // The ceilings write to a stream with the ledger's own settings.
  await jsm.streams.add({ ...ledger.info.config, name: 'BENCH', subjects: ['bench.>'] });
  progress(`filling the log with ${ACCOUNTS} accounts`);
  const stores = await jetStreamStores(nc, { timeoutMs: 5_000 });
  const accountIds = await fillLog(stores.events, ACCOUNTS, 1);
  const env = { NATS_URL: nats.url, LOG_LEVEL: 'warn' };
  const bare = await startService('dev/bench/bare-service.ts', env);
  const service = await startService('src/account-cmd/main.ts', { ...env, LOG_LEVEL: 'info' });
  const [bareUrl, url] = [await bare.ready(), await service.ready()];

  async function load(name: string, target: string, ids: readonly string[]): Promise<void> {
    const { rate, failures, p99 } = await depositLoad(target, ids, { seconds: SECONDS });
    if (failures > 0) throw new Error(`${name}: ${failures} requests failed`);
    progress(`  ${name}: p99 ${p99} ms`);
    note(name, rate);
  }

  progress('warming up');
  // Every account once: what is measured is the steady state, not the first read of each account.
  await depositLoad(bareUrl, accountIds, { requests: 2 * ACCOUNTS });
  await depositLoad(url, accountIds, { requests: 2 * ACCOUNTS });
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`commands, round ${round} of ${ROUNDS}`);
    note('raw publish', await spreadPublishes(nc, SECONDS * 500));
    note('serial publish', await serialPublishes(nc, SECONDS * 500));
    await load('bare', bareUrl, accountIds);
    await load('spread', url, accountIds);
    await load('hot', url, accountIds.slice(0, 1));
  }
  await Promise.all([bare.stop(), service.stop(), nc.close()]);
  await nats.stop();
}

async function measureProjection(): Promise<void> {
  const total = ACCOUNTS * PROJECTED_EVENTS_EACH;
  const nats = await startNats({ dataDir: join(folder, 'nats-projection') });
  const mongo = await startMongo({ dataDir: join(folder, 'mongo') });
  const nc = await connect({ servers: nats.url, noAsyncTraces: true });
  const client = await new MongoClient(mongo.uri, { useBigInt64: true }).connect();
  const jsm = await jetstreamManager(nc);
  await provisionStreams(jsm, { create: true, replicas: 1 });
  const stores = await jetStreamStores(nc, { timeoutMs: 5_000 });
  progress(`filling the log with ${total} events`);
  await fillLog(stores.events, ACCOUNTS, PROJECTED_EVENTS_EACH);
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`projection, round ${round} of ${ROUNDS}`);
    const [projected, raw] = [client.db(`projected-${round}`), client.db(`raw-${round}`)];
    note('catch-up', await catchUpRate(nc, projected, total));
    note('raw writes', await rawWriteRate(projected, raw, total));
    await jsm.consumers.delete('ACCOUNTS', 'accounts-v1');
  }
  await Promise.all([nc.close(), client.close()]);
  await Promise.all([nats.stop(), mongo.stop()]);
}
