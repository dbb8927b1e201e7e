import { accessSync, constants } from 'node:fs';
import { MongoClient, MongoServerError } from 'mongodb';
import type { EnvironmentReader } from './environment.ts';
import type { Health } from './health.ts';
import { messageOf } from './message-of.ts';
import { connectReason } from './mongo-failure.ts';

/** Where MongoDB is; the database is the one the URI names, else this. */
const DEFAULT_DATABASE = 'jetbank';
const DEFAULT_URI = 'mongodb://127.0.0.1:27017/';

/** How long a call waits for a server that can take it, in milliseconds. */
const SERVER_SELECTION_TIMEOUT_MS = 3_000;

/** A connection that brings nothing for so long is given up: a server may hang, in milliseconds. */
const SOCKET_TIMEOUT_MS = 10_000;

/** What was written is seen by who waited for it: a secondary may lag, whatever the URI asks for. */
const READS = { readPreference: 'primary' } as const;

export function readMongoUri(env: EnvironmentReader): string {
  const uri = env.secret('MONGO_URI') ?? DEFAULT_URI;
  // The URI may hold a password, so the complaint must not repeat it.
  try {
    const { options } = new MongoClient(uri, READS);
    requireReadable('tlsCAFile', options.tlsCAFile, env);
    requireReadable('tlsCertificateKeyFile', options.tlsCertificateKeyFile, env);
    return uri;
  } catch (error) {
    env.reject(`MONGO_URI must look like mongodb://HOST:PORT/DATABASE: ${messageOf(error)}`);
    return DEFAULT_URI;
  }
}

/** The driver reads the files of its TLS options only once it connects. */
function requireReadable(option: string, path: string | undefined, env: EnvironmentReader): void {
  if (path === undefined) return;
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    env.reject(`MONGO_URI: ${option} names a file that cannot be read: ${messageOf(error)}`);
  }
}

/** A client that connects on first use and reconnects by itself. `bigint` is read and written as Int64. */
export function createMongoClient(
  uri: string,
  appName: string,
  socketTimeoutMS = SOCKET_TIMEOUT_MS,
): MongoClient {
  return new MongoClient(uri, {
    appName,
    ...READS,
    useBigInt64: true,
    serverSelectionTimeoutMS: SERVER_SELECTION_TIMEOUT_MS,
    socketTimeoutMS,
    ignoreUndefined: false,
  });
}

export function databaseOf(client: MongoClient) {
  const { dbName } = client.options;
  // The driver's own default is "test", which nobody means.
  return client.db(dbName === 'test' ? DEFAULT_DATABASE : dbName);
}

/** The servers' addresses, without credentials, for logs. */
export function addressesOf(client: MongoClient): string {
  return client.options.hosts.map(String).join(', ');
}

/** With whom a service speaks, as whom, and whether anybody can listen in. */
export interface MongoIdentity {
  readonly servers: string;
  readonly database: string;
  readonly tls: boolean;
  readonly user: string;
}

/** @throws Error naming MONGO_URI and what was tried. */
export async function connectMongo(client: MongoClient): Promise<MongoIdentity> {
  const { tls, credentials } = client.options;
  const db = databaseOf(client);
  try {
    await client.connect();
    // Unlike a ping, a server that wants a user refuses this without one; every user may ask it.
    await db.command({ listCollections: 1, nameOnly: true, authorizedCollections: true });
  } catch (cause) {
    const reason = connectReason(cause, tls);
    throw new Error(`MONGO_URI: no connection to ${addressesOf(client)}: ${reason}`, { cause });
  }
  return {
    servers: addressesOf(client),
    database: db.databaseName,
    tls,
    user: credentials?.username ?? 'nobody',
  };
}

export async function checkMongo(client: MongoClient): Promise<Health> {
  await client.db('admin').command({ ping: 1 });
  return { ok: true, detail: addressesOf(client) };
}

/** MongoDB's own code for a disk that is full. */
const OUT_OF_DISK_SPACE = 14_031;

/** Why a call failed and, where somebody has to act, what to do. */
export function mongoReason(error: unknown): string {
  const full = error instanceof MongoServerError && error.code === OUT_OF_DISK_SPACE;
  const reason = messageOf(error);
  return full ? `MongoDB has no disk space left: make room, the rest heals (${reason})` : reason;
}
