import { MongoClient, MongoServerError } from 'mongodb';
import type { Db } from 'mongodb';
import { StackError, reasonOf } from '../stack-error.ts';
import { poll } from './wait.ts';

const PRIMARY_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
const NOT_YET_INITIALIZED = 94;

interface ReplicaSetConfig {
  readonly _id: string;
  readonly version: number;
  readonly members: readonly { readonly _id: number; readonly host: string }[];
}

/**
 * Makes the mongod on `host:port` the primary of a replica set of one. May be called on every
 * start: a new set is initiated, a known one is told its new address where that has changed.
 */
export async function ensureReplicaSet(
  name: string,
  host: string,
  port: number,
  logFile: string,
): Promise<void> {
  const address = `${host}:${port}`;
  const client = new MongoClient(`mongodb://${address}/`, {
    directConnection: true,
    serverSelectionTimeoutMS: CONNECT_TIMEOUT_MS,
  });
  try {
    const admin = client.db('admin');
    await configure(admin, name, address);
    const primary = await poll(
      async () => (await isPrimary(admin)) || undefined,
      PRIMARY_TIMEOUT_MS,
    );
    if (primary === undefined) throw new Error(`not primary after ${PRIMARY_TIMEOUT_MS / 1000} s`);
  } catch (error) {
    throw new StackError(
      'not_ready',
      `mongod on ${address} did not become a replica set: ${reasonOf(error)}; its log: ${logFile}`,
      { cause: error },
    );
  } finally {
    await client.close();
  }
}

async function configure(admin: Db, name: string, address: string): Promise<void> {
  const config = await currentConfig(admin);
  if (config === undefined) {
    const members = [{ _id: 0, host: address }];
    await admin.command({ replSetInitiate: { _id: name, members } });
    return;
  }
  if (config._id !== name) throw new Error(`its data belongs to the replica set ${config._id}`);
  const [only, ...others] = config.members;
  if (only === undefined || others.length > 0) {
    throw new Error(`its data belongs to a replica set of ${config.members.length} members`);
  }
  if (only.host === address) return;
  // Forced, because a member that does not find itself in its own set is no primary.
  await admin.command({
    replSetReconfig: {
      ...config,
      version: config.version + 1,
      members: [{ ...only, host: address }],
    },
    force: true,
  });
}

async function currentConfig(admin: Db): Promise<ReplicaSetConfig | undefined> {
  try {
    const answer = await admin.command({ replSetGetConfig: 1 });
    return answer['config'] as ReplicaSetConfig;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === NOT_YET_INITIALIZED) return undefined;
    throw error;
  }
}

async function isPrimary(admin: Db): Promise<boolean> {
  const hello = await admin.command({ hello: 1 });
  return hello['isWritablePrimary'] === true;
}
