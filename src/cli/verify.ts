import type { Db } from 'mongodb';
import { jetStreamSnapshots } from '../event-store/jetstream/jetstream-event-store.ts';
import { environmentReader } from '../platform/environment.ts';
import type { Environment } from '../platform/environment.ts';
import { messageOf } from '../platform/message-of.ts';
import { readMongoUri } from '../platform/mongo.ts';
import { readGroupPositions } from '../projections/group-positions.ts';
import { noOperands, readArguments } from './arguments.ts';
import { auditLog } from './audit/audit-log.ts';
import type { LookUpSnapshot } from './audit/snapshot-lookup.ts';
import { EXIT } from './command.ts';
import { withDatabase, withLog } from './connections.ts';
import type { Connections, LogConnections } from './connections.ts';
import { findLiveBuild } from './live-build.ts';
import { passesOver } from './passes.ts';
import { progressBar } from './progress-bar.ts';
import { isSound, reportAsJson, reportAsText } from './verify-report.ts';
import type { LedgerReport, ReadModelsReport } from './verify-report.ts';
import { hasSnapshotBucket } from './snapshot-bucket.ts';
import { verifyAgainstLog } from './verify-projection.ts';

/** Accounts whose states one pass over the log holds in memory, about: 0.4 kB each, and 1.2 with six keyed commands. */
const ACCOUNTS_A_PASS = 200_000;

/** `jetbank verify`: the invariants over the whole log, then snapshots and read models against it. */
export async function verify(args: readonly string[], variables: Environment): Promise<void> {
  const { values, positionals } = readArguments(args, { json: { type: 'boolean' } });
  noOperands(positionals);
  const env = environmentReader(variables);
  const mongoUri = readMongoUri(env);
  env.done();
  await withLog(variables, async (connections) => {
    const report = await verifyLedger(connections, mongoUri);
    const told = values.json === true ? reportAsJson(report) : reportAsText(report);
    process.stdout.write(`${told}\n`);
    if (!isSound(report)) process.exitCode = EXIT.failure;
  });
}

async function verifyLedger(connections: LogConnections, mongoUri: string): Promise<LedgerReport> {
  const { events, jsm } = connections;
  // Consistent by this: what comes later is not looked at, or is folded up to.
  const untilSequence = await events.lastSequence();
  const snapshot = await snapshotLookup(connections);
  const bar = progressBar('events');
  step('the log and the snapshots');
  const log = await auditLog({
    ...{ events, untilSequence },
    ...(snapshot !== undefined && { snapshot }),
    passes: await passesOver(jsm, ACCOUNTS_A_PASS),
    onProgress: (done, total) => bar.update(done, total),
  }).finally(() => bar.end());
  return {
    ...{ untilSequence, log },
    snapshots: snapshot && log.snapshots,
    ...(await readModelsOf(connections, mongoUri)),
  };
}

/** Undefined without a bucket: the services work without one. */
async function snapshotLookup({ js, jsm }: LogConnections): Promise<LookUpSnapshot | undefined> {
  if (!(await hasSnapshotBucket(jsm))) return undefined;
  const snapshots = await jetStreamSnapshots(js);
  return (accountId) => snapshots.load(accountId, 'any');
}

/** The log is what cannot be made again: what it says is told whatever MongoDB does. */
async function readModelsOf(
  connections: LogConnections,
  mongoUri: string,
): Promise<Pick<LedgerReport, 'readModels' | 'notLookedAt'>> {
  try {
    const verified = (db: Db) => verifyReadModels({ ...connections, db });
    return { readModels: await withDatabase(mongoUri, verified) };
  } catch (error) {
    return { readModels: undefined, notLookedAt: messageOf(error) };
  }
}

async function verifyReadModels(connections: Connections): Promise<ReadModelsReport | undefined> {
  const build = await findLiveBuild(connections);
  if (build === undefined) return undefined;
  step(`build ${build.number} of the read models`);
  const { furthest } = await readGroupPositions(connections.db, build);
  const report = await verifyAgainstLog(connections, build);
  return { ...report, build: build.number, untilSequence: furthest };
}

const step = (what: string) => void process.stderr.write(`verifying ${what}\n`);
