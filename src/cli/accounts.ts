import { accountEntries } from '../event-store/jetstream/account-entries.ts';
import { jetStreamSnapshots } from '../event-store/jetstream/jetstream-event-store.ts';
import type { SnapshotLookup } from '../event-store/event-store.ts';
import type { Environment } from '../platform/environment.ts';
import { accountProjection } from '../projections/account-projection.ts';
import type { AccountDocument } from '../projections/accounts.ts';
import type { Build } from '../projections/build.ts';
import { parkedCollection, parkedStore } from '../projections/parked.ts';
import { readModelStore } from '../projections/read-model-store.ts';
import { oneAccountId, readArguments } from './arguments.ts';
import { reportOn } from './account-report.ts';
import { accountAsJson, accountAsText, isWell } from './account-view.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './command.ts';
import { withConnections } from './connections.ts';
import type { Connections } from './connections.ts';
import { findLiveBuild } from './live-build.ts';
import { hasSnapshotBucket } from './snapshot-bucket.ts';

/** `jetbank accounts show`: what the log, the snapshot and the read model say of one account. */
export async function showAccount(args: readonly string[], variables: Environment): Promise<void> {
  const { values, positionals } = readArguments(args, { json: { type: 'boolean' } });
  const accountId = oneAccountId(positionals);
  await withConnections(variables, async (connections) => {
    const live = await findLiveBuild(connections);
    // What another release made of the account cannot be held against its events by this one.
    const build = live?.shape === accountProjection.version ? live : undefined;
    const [snapshot, document, parked] = await Promise.all([
      snapshotOf(connections, accountId),
      build && documentOf(connections, build, accountId),
      build !== undefined && isParked(connections, build, accountId),
    ]);
    const entries = accountEntries(connections.js, accountId);
    const report = await reportOn({ snapshot, document }, entries);
    if (report === undefined) throw new CliError(`the log has no account ${accountId}`);
    const shown = { accountId, parked, ...report };
    process.stdout.write(`${values.json === true ? accountAsJson(shown) : accountAsText(shown)}\n`);
    if (!isWell(shown)) process.exitCode = EXIT.failure;
  });
}

async function snapshotOf({ js, jsm }: Connections, accountId: string): Promise<SnapshotLookup> {
  if (!(await hasSnapshotBucket(jsm))) return { kind: 'none' };
  return (await jetStreamSnapshots(js)).load(accountId, 'leader');
}

async function documentOf(
  { db }: Connections,
  build: Build,
  accountId: string,
): Promise<AccountDocument | undefined> {
  const store = readModelStore(db, accountProjection, build);
  return (await store.documents([accountId])).at(0);
}

async function isParked({ db }: Connections, build: Build, accountId: string): Promise<boolean> {
  const parked = parkedStore(parkedCollection(db, accountProjection.name, build));
  return (await parked.among(new Set([accountId]))).has(accountId);
}
