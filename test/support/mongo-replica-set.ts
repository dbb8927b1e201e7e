import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { findMongod } from '../../dev/binaries/mongod.ts';
import { launchMongo } from '../../dev/stack/mongo-process.ts';
import { DEFAULT_PORT_HINT, LOCALHOST } from '../../dev/stack/ports.ts';
import { controlled } from '../../dev/stack/server.ts';
import type { ServerControl } from '../../dev/stack/server.ts';
import { eventually } from './await.ts';
import type { FreshDatabase } from './mongo.ts';
import { tempFolder } from './temp-folder.ts';

export interface MongoMember extends ServerControl {
  /** `127.0.0.1:PORT`, its name in the replica set. */
  readonly address: string;
}

/** Three mongods that elect a primary among them. */
export interface MongoReplicaSet {
  readonly database: FreshDatabase;
  /** Waits until there is a primary. */
  primary(): Promise<MongoMember>;
  /** The primary gives its place to another. */
  stepDown(): Promise<void>;
  remove(): Promise<void>;
}

const MEMBERS = 3;
const NAME = 'rs0';
/** Of a primary that does not answer; ten times as long by default, in milliseconds. */
const ELECTION_TIMEOUT_MS = 1_000;
const ELECTED_MS = 60_000;
const STEP_DOWN_SECONDS = 5;

export async function startMongoReplicaSet(): Promise<MongoReplicaSet> {
  const folder = await tempFolder('mongo-set');
  const { path: binary } = await findMongod();

  async function startMember(index: number): Promise<MongoMember> {
    const dataDir = join(folder.path, `m${index}`);
    const dbDir = join(dataDir, 'db');
    await mkdir(dbDir, { recursive: true });
    const logFile = join(dataDir, 'mongod.log');
    const launch = (port: number) =>
      launchMongo({
        ...{ binary, dbDir, logFile, append: port > 0, host: LOCALHOST, port },
        ...{ portHint: DEFAULT_PORT_HINT, replSet: NAME },
      });
    const { child, port } = await launch(0);
    const again = async () => (await launch(port)).child;
    return Object.assign(controlled(child, again), { address: `${LOCALHOST}:${port}` });
  }

  const members = await Promise.all(
    Array.from({ length: MEMBERS }, (_, index) => startMember(index)),
  );
  const addresses = members.map(({ address }) => address);
  const config = {
    _id: NAME,
    members: addresses.map((host, _id) => ({ _id, host })),
    settings: { electionTimeoutMillis: ELECTION_TIMEOUT_MS },
  };
  await asked(addresses[0]!, { replSetInitiate: config });

  async function primary(): Promise<MongoMember> {
    const found = async () => {
      for (const member of members) {
        const answer = await asked(member.address, { hello: 1 }).catch(() => undefined);
        if (answer?.['isWritablePrimary'] === true) return member;
      }
      return null;
    };
    return eventually(found, { timeoutMs: ELECTED_MS, what: 'a primary' });
  }

  await primary();
  const uri = `mongodb://${addresses.join(',')}/bank?replicaSet=${NAME}`;
  return {
    database: { uri, name: 'bank', drop: () => Promise.resolve() },
    primary,
    async stepDown() {
      const { address } = await primary();
      await asked(address, { replSetStepDown: STEP_DOWN_SECONDS, force: true });
    },
    async remove() {
      await Promise.all(members.map((member) => member.stop()));
      await folder.remove();
    },
  };
}

/** What one member answers to a command. */
async function asked(address: string, command: object): Promise<Record<string, unknown>> {
  const client = new MongoClient(`mongodb://${address}/`, {
    directConnection: true,
    serverSelectionTimeoutMS: 1_000,
  });
  try {
    return await client.db('admin').command(command);
  } finally {
    await client.close();
  }
}
