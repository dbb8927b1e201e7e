import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { Db } from 'mongodb';
import type { NatsConnection } from 'nats';
import type { EventReader } from '../event-store/event-store.ts';
import { jetStreamReader } from '../event-store/jetstream/jetstream-event-store.ts';
import { STREAM } from '../event-store/jetstream/names.ts';
import { findStream, isStreamMissing } from '../event-store/jetstream/stream-config.ts';
import { environmentReader } from '../platform/environment.ts';
import type { Environment } from '../platform/environment.ts';
import { messageOf } from '../platform/message-of.ts';
import { connectMongo, createMongoClient, databaseOf, readMongoUri } from '../platform/mongo.ts';
import { readNatsSettings } from '../platform/nats-settings.ts';
import type { NatsSettings } from '../platform/nats-settings.ts';
import { connectNats } from '../platform/nats.ts';
import { CliError } from './cli-error.ts';

/** The ledger's log, for commands that need nothing else. */
export interface LogConnections {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly events: EventReader;
}

/** What most of the operator's commands work with. */
export interface Connections extends LogConnections {
  readonly db: Db;
}

const TIMEOUT_MS = 5_000;

/** For MongoDB: counting and sorting a large read model takes as long as it takes, and Ctrl-C is at hand. */
const NO_TIMEOUT = 0;

/** Connects to NATS as the environment says, runs the work, and disconnects. @throws CliError */
export async function withLog<T>(
  variables: Environment,
  work: (connections: LogConnections) => Promise<T>,
): Promise<T> {
  const env = environmentReader(variables);
  const settings = readNatsSettings(env);
  env.done();
  return onLog(settings, work);
}

/** The same with MongoDB. @throws CliError */
export async function withConnections<T>(
  variables: Environment,
  work: (connections: Connections) => Promise<T>,
): Promise<T> {
  const env = environmentReader(variables);
  const settings = readNatsSettings(env);
  const mongoUri = readMongoUri(env);
  env.done();
  return onLog(settings, (log) => withDatabase(mongoUri, (db) => work({ ...log, db })));
}

/** MongoDB alone. @throws CliError where it cannot be reached. */
export async function withDatabase<T>(uri: string, work: (db: Db) => Promise<T>): Promise<T> {
  const mongo = createMongoClient(uri, 'jetbank', NO_TIMEOUT);
  try {
    await connectMongo(mongo).catch(asCliError);
    return await work(databaseOf(mongo));
  } finally {
    await mongo.close();
  }
}

async function onLog<T>(
  settings: NatsSettings,
  work: (connections: LogConnections) => Promise<T>,
): Promise<T> {
  const nc = await connectNats('jetbank', settings).catch(asCliError);
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: TIMEOUT_MS });
    const js = jetstream(nc, { timeout: TIMEOUT_MS });
    return await work({ nc, js, jsm, events: jetStreamReader(jsm) }).catch(
      async (error: unknown) => {
        if (!isStreamMissing(error) || (await findStream(jsm, STREAM)) !== undefined) throw error;
        throw new CliError(
          `there is no stream ${STREAM} on ${nc.getServer()}: restore a backup, or make it with ` +
            '"jetbank streams apply"',
        );
      },
    );
  } finally {
    await nc.close();
  }
}

function asCliError(error: unknown): never {
  throw new CliError(messageOf(error));
}
