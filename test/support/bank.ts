import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { connect } from 'nats';
import type { NatsConnection } from 'nats';
import { eventually } from './await.ts';
import { bankClient } from './http.ts';
import type { BankClient } from './http.ts';
import { readLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { freshDatabase } from './mongo.ts';
import type { FreshDatabase } from './mongo.ts';
import { startTestNats, startTestNatsCluster } from './nats.ts';
import type { TestNats, TestNatsCluster } from './nats.ts';
import { startService } from './process.ts';
import type { ServiceProcess } from './process.ts';

export const COMMAND_SERVICE = 'src/account-cmd/main.ts';
export const QUERY_SERVICE = 'src/account-query/main.ts';

type Env = Readonly<Record<string, string>>;

/** A running, ready service with a client for it. */
export interface BankService extends BankClient {
  readonly url: string;
  readonly process: ServiceProcess;
}

/** A nats-server, or several, and a database of their own, with as many services as a test wants. */
export interface Bank<Nats = TestNats> {
  readonly nats: Nats;
  /** A connection of the test's own. */
  readonly nc: NatsConnection;
  /** The services' database; `Int64` is read as bigint. */
  readonly db: Db;
  /** The environment that the services get. */
  readonly env: Env;
  /** Resolves once the new service is ready. */
  startCommand(env?: Env): Promise<BankService>;
  startQuery(env?: Env): Promise<BankService>;
  /** The service of another entry file: that of another release. */
  start(entry: string, env?: Env): Promise<BankService>;
  /** The whole log, folded. */
  ledger(): Promise<Ledger>;
  /** Stops the services that still run, removes the servers' data; call it in `afterAll`. */
  stop(): Promise<void>;
}

export interface BankOptions {
  /** More environment for every service. */
  readonly env?: Env;
  /** Whose database the services use. Default: a fresh one on the mongod that all tests share. */
  readonly database?: FreshDatabase;
}

export async function startBank(options: BankOptions = {}): Promise<Bank> {
  const nats = await startTestNats();
  return bankOn(nats, [nats.url], options);
}

/** The same on three nats-servers, each of which has a replica of the streams. */
export async function startReplicatedBank(
  options: BankOptions = {},
): Promise<Bank<TestNatsCluster>> {
  const cluster = await startTestNatsCluster();
  return bankOn(cluster, cluster.urls, {
    ...options,
    env: { STREAM_REPLICAS: String(cluster.nodes.length), ...options.env },
  });
}

async function bankOn<Nats extends { remove(): Promise<void> }>(
  nats: Nats,
  urls: readonly string[],
  { env = {}, database = freshDatabase() }: BankOptions,
): Promise<Bank<Nats>> {
  const servers = [...urls];
  const nc = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const mongo = new MongoClient(database.uri, { useBigInt64: true });
  const services: ServiceProcess[] = [];
  const serviceEnv = { NATS_URL: servers.join(','), MONGO_URI: database.uri, ...env };

  async function start(entry: string, more: Env = {}): Promise<BankService> {
    const process = await startService(entry, { ...serviceEnv, ...more });
    services.push(process);
    const url = await process.ready();
    // Its answer may come sooner than its log: wait until all that it logged at start has been read.
    await eventually(() => logged(process, '"msg":"ready').length > 0);
    return { ...bankClient(url), url, process };
  }

  return {
    nats,
    nc,
    db: mongo.db(database.name),
    env: serviceEnv,
    startCommand: (more) => start(COMMAND_SERVICE, more),
    startQuery: (more) => start(QUERY_SERVICE, more),
    start,
    ledger: () => readLedger(nc),
    async stop() {
      await Promise.all(services.map((service) => service.stop()));
      await nc.close();
      await mongo.close();
      await Promise.all([nats.remove(), database.drop()]);
    },
  };
}

/** The entries of a service's log with this text in their message. */
export function logged(process: ServiceProcess, message: string): Record<string, unknown>[] {
  return process.stdout
    .filter((line) => line.startsWith('{') && line.includes(message))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
