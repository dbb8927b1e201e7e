import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { startService } from '../../test/support/process.ts';
import type { ServiceProcess } from '../../test/support/process.ts';
import { accountProjection } from '../../src/projections/account-projection.ts';
import { checkpointStore } from '../../src/projections/checkpoint.ts';
import { eventually } from '../../test/support/await.ts';
import { startMongo } from '../stack/mongo.ts';
import { fillLog } from './fixtures.ts';
import { startLedger } from './ledger.ts';
import type { BenchLedger } from './ledger.ts';
import { progress } from './report.ts';

type Env = Readonly<Record<string, string>>;

/** Both services as processes, with servers and a filled log of their own. */
export interface ReadSide {
  readonly ledger: BenchLedger;
  readonly client: MongoClient;
  /** The query service's database. */
  readonly db: Db;
  readonly accountIds: readonly string[];
  /** What services and the jetbank command get. */
  readonly env: { readonly NATS_URL: string; readonly MONGO_URI: string };
  start(
    entry: string,
    env?: Env,
  ): Promise<{ readonly url: string; readonly process: ServiceProcess }>;
  /** Stream sequence up to which the first build has every event. */
  checkpoint(): Promise<number>;
  /** Resolves once it has this one. */
  caughtUp(sequence: number): Promise<void>;
  stop(): Promise<void>;
}

const DATABASE = 'jetbank';
const CATCH_UP_TIMEOUT_MS = 300_000;

export async function startReadSide(
  folder: string,
  accounts: number,
  eventsEach: number,
): Promise<ReadSide> {
  const ledger = await startLedger(folder);
  const mongo = await startMongo({ dataDir: join(folder, 'mongo') });
  const client = await new MongoClient(mongo.uri, { useBigInt64: true }).connect();
  progress(`filling the log with ${(accounts * eventsEach).toLocaleString('en')} events`);
  const accountIds = await fillLog(ledger.events, accounts, eventsEach);
  const db = client.db(DATABASE);
  const checkpoints = checkpointStore(db, `${accountProjection.name}-v1`);
  const checkpoint = async () => (await checkpoints.read())?.sequence ?? 0;
  const env = { NATS_URL: ledger.url, MONGO_URI: mongo.uri };
  const services: ServiceProcess[] = [];
  return {
    ledger,
    client,
    db,
    accountIds,
    env,
    checkpoint,
    async start(entry, more = {}) {
      const process = await startService(entry, { ...env, ...more });
      services.push(process);
      return { url: await process.ready(), process };
    },
    async caughtUp(sequence) {
      const reached = async () => (await checkpoint()) >= sequence;
      await eventually(reached, { timeoutMs: CATCH_UP_TIMEOUT_MS, what: 'the catch-up' });
    },
    async stop() {
      await Promise.all(services.map((service) => service.stop()));
      await client.close();
      await Promise.all([ledger.stop(), mongo.stop()]);
    },
  };
}
