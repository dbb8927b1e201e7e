import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { nanos } from 'nats';
import { SNAPSHOT_STREAM, STREAM } from '../../../src/event-store/jetstream/names.ts';
import { checkpointStore } from '../../../src/projections/checkpoint.ts';
import { eventually } from '../../../test/support/await.ts';
import { startService } from '../../../test/support/process.ts';
import { startMongo } from '../../stack/mongo.ts';
import { diskUsage } from '../disk-usage.ts';
import { newFigures } from '../figures.ts';
import { fullSnapshotBytes, saveAll, writeKeyed } from '../keyed-history.ts';
import { startLedger } from '../ledger.ts';
import type { BenchLedger } from '../ledger.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import { residentSet } from '../resident-set.ts';
import type { Settings, Topic } from '../topic.ts';

const ACCOUNTS = 100_000;
const EVENTS_EACH = 2;
const EVENTS = ACCOUNTS * EVENTS_EACH;
const RESTART_TIMEOUT_MS = 60_000;
/** The server remembers the message ids of the duplicate window, and takes none shorter than this. */
const SHORTEST_WINDOW_MS = 100;
const CATCH_UP_TIMEOUT_MS = 300_000;
const BYTES_A_MIB = 1024 * 1024;

/** What an account and an event take on the servers, in memory and on disk, to plan with. */
export const sizing: Topic = {
  name: 'sizing',
  title: `Sizes, ${EVENTS.toLocaleString('en')} events of ${ACCOUNTS.toLocaleString('en')} accounts`,
  heavy: true,
  measure,
};

/** Keeps one figure as a row of the table, and answers it. */
type Tell = (name: string, figure: number, unit: 'MiB' | 'bytes') => number;

/** One round, however many are asked for: what is measured does not vary much. */
async function measure({ folder }: Settings): Promise<readonly Row[]> {
  const { note, of } = newFigures();
  const rows: Row[] = [];
  const tell: Tell = (name, figure, unit) => {
    note(name, figure);
    rows.push({ name, rounds: of(name), unit });
    return figure;
  };
  const ledger = await startLedger(folder);
  await measureNats(ledger, tell);
  await measureMongo(join(folder, 'mongo'), ledger.url, tell);
  const read = await residentSet(ledger.server.pid);
  tell('nats-server, when the projection has read the log', read, 'MiB');
  await ledger.stop();
  return rows;
}

async function measureNats(ledger: BenchLedger, tell: Tell): Promise<void> {
  const { server, events, snapshots } = ledger;
  const jsm = await jetstreamManager(ledger.nc);
  const memory = async (name: string) =>
    tell(`nats-server, ${name}`, await residentSet(server.pid), 'MiB');
  const restart = async () => {
    await server.restart();
    const answers = () => jsm.streams.info(STREAM);
    await eventually(answers, { timeoutMs: RESTART_TIMEOUT_MS, what: 'the log after a restart' });
  };
  const onDisk = (stream: string) =>
    diskUsage(join(server.dataDir, 'jetstream', '$G', 'streams', stream));

  const empty = await memory('empty log');
  progress('writing the log');
  const records = await writeKeyed(events, ACCOUNTS, EVENTS_EACH);
  await memory('log just written');
  await restart();
  const withIds = await memory('the same, after a restart');
  await jsm.streams.update(STREAM, { duplicate_window: nanos(SHORTEST_WINDOW_MS) });
  await restart();
  const withLog = await memory('log without its message ids, after a restart');
  tell('  memory of an account', bytesEach(withLog - empty, ACCOUNTS), 'bytes');
  tell('  and of an event for two minutes', bytesEach(withIds - withLog, EVENTS), 'bytes');
  const { state } = await jsm.streams.info(STREAM);
  tell('  an event before compression', state.bytes / EVENTS, 'bytes');
  tell('  an event on disk', (await onDisk(STREAM)) / EVENTS, 'bytes');

  progress('writing the snapshots');
  await saveAll(snapshots, records);
  await restart();
  const withSnapshots = await memory('log and snapshots, after a restart');
  tell('  memory of a snapshot', bytesEach(withSnapshots - withLog, ACCOUNTS), 'bytes');
  const snapshot = (await onDisk(SNAPSHOT_STREAM)) / ACCOUNTS;
  tell(`  a snapshot of ${EVENTS_EACH} keyed commands on disk`, snapshot, 'bytes');
  tell('  a snapshot of 64 keyed commands', fullSnapshotBytes(), 'bytes');
}

async function measureMongo(dataDir: string, natsUrl: string, tell: Tell): Promise<void> {
  const mongo = await startMongo({ dataDir });
  const client = await new MongoClient(mongo.uri).connect();
  const db = client.db('jetbank');
  tell('mongod, empty', await residentSet(mongo.pid), 'MiB');
  const env = { NATS_URL: natsUrl, MONGO_URI: mongo.uri };
  const service = await startService('src/account-query/main.ts', env);
  const checkpoints = checkpointStore(db, 'accounts-v1');
  const caughtUp = async () => ((await checkpoints.read())?.sequence ?? 0) >= EVENTS;
  await eventually(caughtUp, { timeoutMs: CATCH_UP_TIMEOUT_MS, what: 'the catch-up' });
  await service.stop();
  tell('mongod, read models just written', await residentSet(mongo.pid), 'MiB');
  // What is only in its cache and journal has no size yet.
  await client.db('admin').command({ fsync: 1 });
  const accounts = await collectionSize(db, 'accounts_v1');
  tell('  an account on disk', accounts.documents, 'bytes');
  tell('  an account in the indexes', accounts.indexes, 'bytes');
  const lines = await collectionSize(db, 'transactions_v1');
  tell('  a statement line on disk', lines.documents, 'bytes');
  tell('  a statement line in the indexes', lines.indexes, 'bytes');
  await client.close();
  await mongo.stop();
}

const bytesEach = (mebibytes: number, count: number) => (mebibytes * BYTES_A_MIB) / count;

/** Sizes on disk, in bytes a document. */
interface CollectionSize {
  readonly documents: number;
  readonly indexes: number;
}

async function collectionSize(db: Db, name: string): Promise<CollectionSize> {
  const share = (field: string) => ({
    $divide: [`$storageStats.${field}`, '$storageStats.count'],
  });
  const [size] = await db
    .collection(name)
    .aggregate<CollectionSize>([
      { $collStats: { storageStats: {} } },
      { $project: { documents: share('storageSize'), indexes: share('totalIndexSize') } },
    ])
    .toArray();
  if (size === undefined) throw new Error(`${name} tells no size`);
  return size;
}
