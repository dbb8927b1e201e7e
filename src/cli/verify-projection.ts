import { accountProjection } from '../projections/account-projection.ts';
import type { Build } from '../projections/build.ts';
import { readGroupPositions } from '../projections/group-positions.ts';
import { expectOwnShape } from '../projections/rebuild-target.ts';
import { verifyBuild } from '../projections/verify.ts';
import type { VerifyReport } from '../projections/verify.ts';
import type { Connections } from './connections.ts';
import { counted } from './counted.ts';
import { passesOver } from './passes.ts';
import { progressBar } from './progress-bar.ts';

/** Accounts whose documents one pass over the log holds in memory, about. */
const ACCOUNTS_A_PASS = 200_000;

/**
 * Compares the whole build with the log, up to where each of its groups claims to be.
 * @throws RebuildError where another release made the build: all of it would differ.
 */
export async function verifyAgainstLog(
  { db, events, jsm }: Pick<Connections, 'db' | 'events' | 'jsm'>,
  build: Build,
  signal?: AbortSignal,
): Promise<VerifyReport> {
  expectOwnShape(accountProjection, build);
  const positions = await readGroupPositions(db, build);
  const passes = await passesOver(jsm, ACCOUNTS_A_PASS);
  const bar = progressBar('events');
  try {
    return await verifyBuild({
      projection: accountProjection,
      db,
      events,
      build,
      positions,
      passes,
      signal,
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
  const { accounts, lines, unreadable, differenceCount, differences } = report;
  if (json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } else {
    for (const { collection, id, sequence, detail } of differences) {
      process.stdout.write(`stream sequence ${sequence}: ${collection} ${id} ${detail}\n`);
    }
    const parked =
      unreadable === 0 ? '' : `, ${counted(unreadable, 'account')} that cannot be read on`;
    process.stdout.write(
      `build ${build.number}: ${counted(accounts, 'account')} and ${counted(lines, 'line')} compared${parked}, ` +
        `${differenceCount} differences\n`,
    );
  }
  if (differenceCount > 0) process.exitCode = 1;
}
