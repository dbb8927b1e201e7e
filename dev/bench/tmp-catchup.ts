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
import { fillLog } from './fixtures.ts';
import { catchUpRate, rawWriteRate } from './projection.ts';
const folder = await mkdtemp(join(tmpdir(), 'cu-'));
const nats = await startNats({ dataDir: join(folder, 'nats-projection') });
const mongo = await startMongo({ dataDir: join(folder, 'mongo') });
const nc = await connect({ servers: nats.url, noAsyncTraces: true });
const client = await new MongoClient(mongo.uri, { useBigInt64: true }).connect();
const jsm = await jetstreamManager(nc);
await provisionStreams(jsm, { create: true, replicas: 1 });
const stores = await jetStreamStores(nc, { timeoutMs: 5_000 });
await fillLog(stores.events, 10000, 10);
for (let round = 1; round <= 2; round += 1) {
  const [projected, raw] = [client.db(`projected-${round}`), client.db(`raw-${round}`)];
  const c0 = process.cpuUsage();
  const a = await catchUpRate(nc, projected, 100000);
  const c1 = process.cpuUsage(c0);
  const b = await rawWriteRate(projected, raw, 100000);
  console.log(
    Math.round(a),
    Math.round(b),
    (a / b).toFixed(2),
    'cpu s',
    (c1.user + c1.system) / 1e6,
    'wall',
    100000 / a,
  );
  await jsm.consumers.delete('ACCOUNTS', 'accounts-v1');
  await projected.dropDatabase();
  await raw.dropDatabase();
}
await Promise.all([nc.close(), client.close()]);
await Promise.all([nats.stop(), mongo.stop()]);
await rm(folder, { recursive: true, force: true });
