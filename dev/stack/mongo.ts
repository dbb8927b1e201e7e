import { join, resolve } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { describeChoice } from '../binaries/choice.ts';
import { findMongod } from '../binaries/mongod.ts';
import { requireWritableFolder } from './data-folder.ts';
import { launchMongo } from './mongo-process.ts';
import type { MongoLaunch } from './mongo-process.ts';
import { DEFAULT_PORT_HINT, LOCALHOST } from './ports.ts';
import { ensureReplicaSet } from './replica-set.ts';
import { controlled } from './server.ts';
import type { ServerControl, ServerFacts, ServerOptions } from './server.ts';

const STOP_GRACE_MS = 10_000;

export interface MongoOptions extends ServerOptions {
  /** Name of the replica set; must stay the same for the same data. Default `rs0`. */
  readonly replSet?: string;
  /** Server parameters besides the usual ones: `{ enableTestCommands: '1' }`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface MongoServer extends ServerControl, ServerFacts {
  /** `mongodb://127.0.0.1:27017/?replicaSet=rs0` */
  readonly uri: string;
}

/**
 * Starts mongod as a replica set of one (as in production, so transactions and change streams work)
 * and resolves when it is primary. Data of an earlier run is taken over, on whatever port that was.
 * Throws {@link StackError} and leaves nothing running when it cannot.
 */
export async function startMongo(options: MongoOptions): Promise<MongoServer> {
  const { report, host = LOCALHOST, port = 0, replSet = 'rs0', parameters = {} } = options;
  const binary =
    options.binary ?? (await findMongod(report === undefined ? {} : { progress: report }));
  report?.(describeChoice('mongod', binary));

  const dataDir = resolve(options.dataDir);
  const dbDir = join(dataDir, 'db');
  await requireWritableFolder(dataDir, options.dataHint ?? 'the dataDir option');
  await mkdir(dbDir, { recursive: true });
  const portHint = options.portHint ?? DEFAULT_PORT_HINT;

  const logFile = join(dataDir, 'mongod.log');
  const start = async (launch: MongoLaunch) => {
    const running = await launchMongo(launch);
    try {
      await ensureReplicaSet(replSet, host, running.port, logFile);
      return running;
    } catch (error) {
      await running.child.stop(STOP_GRACE_MS);
      throw error;
    }
  };
  const own = { binary: binary.path, dbDir, logFile, host, port, portHint };
  const launch = { ...own, replSet, parameters };
  const first = await start({ ...launch, append: false });
  const control = controlled(
    first.child,
    async () => (await start({ ...launch, port: first.port, append: true })).child,
  );
  return Object.assign(control, {
    host,
    port: first.port,
    uri: `mongodb://${host}:${first.port}/?replicaSet=${replSet}`,
    dataDir,
    logFile,
    binary,
  });
}
