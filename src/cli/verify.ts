import { accountProjection } from '../projections/account-projection.ts';
import { collectionName, groupsOf } from '../projections/build.ts';
import type { Build } from '../projections/build.ts';
import { checkpointStore } from '../projections/checkpoint.ts';
import { verifyBuild } from '../projections/verify.ts';
import type { VerifyReport } from '../projections/verify.ts';
import type { Connections } from './connections.ts';
import { progressBar } from './progress-bar.ts';

/** Accounts whose documents one pass over the log holds in memory, about. */
const ACCOUNTS_A_PASS = 200_000;
const MOST_PASSES = 32;

/** Compares the whole build with the log, up to where the build claims to be. */
export async function verifyAgainstLog(
  { db, events }: Connections,
  build: Build,
): Promise<VerifyReport> {
  const checkpoints = await Promise.all(
    groupsOf(build).map(({ id }) => checkpointStore(db, id).read()),
  );
  const untilSequence = Math.min(...checkpoints.map((checkpoint) => checkpoint?.sequence ?? 0));
  const accounts = await db
    .collection(collectionName(accountProjection.documents.name, build))
    .estimatedDocumentCount();
  const passes = Math.min(MOST_PASSES, Math.ceil(accounts / ACCOUNTS_A_PASS) || 1);
  const bar = progressBar('events');
  try {
    return await verifyBuild({
      projection: accountProjection,
      db,
      events,
      build,
      untilSequence,
      passes,
      onProgress: (done, total) => bar.update(done, total),
    });
  } finally {
    bar.end();
  }
}

/** Tells what differs; exit code 1 when something does. */
export async function verifyProjection(
  connections: Connections,
  build: Build,
  json: boolean,
): Promise<void> {
  const report = await verifyAgainstLog(connections, build);
  const { accounts, lines, unreadable, differences } = report;
  if (json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } else {
    for (const { collection, id, sequence, detail } of differences) {
      process.stdout.write(`stream sequence ${sequence}: ${collection} ${id} ${detail}\n`);
    }
    const parked = unreadable === 0 ? '' : `, ${unreadable} accounts that cannot be read on`;
    process.stdout.write(
      `build ${build.number}: ${accounts} accounts and ${lines} lines compared${parked}, ` +
        `${differences.length} differences\n`,
    );
  }
  if (differences.length > 0) process.exitCode = 1;
}
