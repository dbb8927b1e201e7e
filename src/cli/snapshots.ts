import pLimit from 'p-limit';
import { IntegrityError } from '../account/errors.ts';
import type { AccountRecord } from '../account/record.ts';
import { applyRecorded } from '../account/record.ts';
import { UndecodablePayloadError } from '../event-store/avro/single-object.ts';
import { BEGINNING } from '../event-store/event-store.ts';
import type { EventReader } from '../event-store/event-store.ts';
import {
  jetStreamSnapshotRevisions,
  jetStreamSnapshots,
} from '../event-store/jetstream/jetstream-event-store.ts';
import { STREAM } from '../event-store/jetstream/names.ts';
import type { SnapshotRevisions } from '../event-store/jetstream/snapshots.ts';
import { payloadToJson } from '../event-store/payload-json.ts';
import { encodeSnapshot } from '../event-store/snapshot-codec.ts';
import { accountIdIn, ALL_ACCOUNTS } from '../event-store/subjects.ts';
import type { Environment } from '../platform/environment.ts';
import { accountIds, oneAccountId, readArguments, UsageError } from './arguments.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './command.ts';
import { withLog } from './connections.ts';
import type { LogConnections } from './connections.ts';
import { counted } from './counted.ts';
import { progressBar } from './progress-bar.ts';
import { needSnapshotBucket } from './snapshot-bucket.ts';

const JSON_FLAG = { json: { type: 'boolean' } } as const;

/** `jetbank snapshots show`: the snapshot as it stands in the bucket. */
export async function showSnapshot(args: readonly string[], variables: Environment): Promise<void> {
  const { values, positionals } = readArguments(args, JSON_FLAG);
  const accountId = oneAccountId(positionals);
  await withLog(variables, async ({ js, jsm }) => {
    await needSnapshotBucket(jsm);
    const found = await (await jetStreamSnapshots(js)).load(accountId, 'leader');
    if (found.kind === 'none') throw new CliError(`${accountId} has no snapshot`);
    if (found.kind === 'unusable') {
      throw new CliError(
        `the snapshot of ${accountId} cannot be used: ${found.reason}; ` +
          `"jetbank snapshots rebuild ${accountId}" makes it anew`,
      );
    }
    const snapshot = payloadToJson(encodeSnapshot(found.record));
    print(JSON.stringify(snapshot, undefined, values.json === true ? undefined : 2));
  });
}

/** What became of one account's snapshot. */
interface Rebuilt {
  readonly accountId: string;
  /** Version of the snapshot that was written. */
  readonly version?: number;
  /** Why none was. */
  readonly error?: string;
}

const AT_ONCE = 64;

/** Tries of one account while services write its snapshot. */
const TRIES = 5;

/** `jetbank snapshots rebuild`: the fold of the log, written unless something newer comes meanwhile. */
export async function rebuildSnapshots(
  args: readonly string[],
  variables: Environment,
): Promise<void> {
  const { values, positionals } = readArguments(args, { ...JSON_FLAG, all: { type: 'boolean' } });
  const all = values.all === true;
  const named = accountIds(positionals);
  if (all === named.length > 0) throw new UsageError('name accounts, or all of them with --all');
  await withLog(variables, async (connections) => {
    await needSnapshotBucket(connections.jsm);
    const revisions = await jetStreamSnapshotRevisions(connections.js);
    const ids = all ? await everyAccount(connections) : named;
    const bar = progressBar('accounts');
    const limit = pLimit(AT_ONCE);
    let done = 0;
    const rebuilt = await Promise.all(
      ids.map((accountId) =>
        limit(async () => {
          const outcome = await rebuildOne(connections.events, revisions, accountId);
          done += 1;
          bar.update(done, ids.length);
          return outcome;
        }),
      ),
    ).finally(() => bar.end());
    tell(rebuilt, { json: values.json === true, each: !all });
  });
}

function tell(
  rebuilt: readonly Rebuilt[],
  { json, each }: { readonly json: boolean; readonly each: boolean },
): void {
  const failed = rebuilt.filter(({ error }) => error !== undefined);
  if (failed.length > 0) process.exitCode = EXIT.failure;
  if (json) {
    print(JSON.stringify({ written: rebuilt.length - failed.length, failed }));
    return;
  }
  for (const { accountId, version, error } of each ? rebuilt : failed) {
    print(`${accountId}: ${error ?? `snapshot of version ${version} written`}`);
  }
  print(`${counted(rebuilt.length - failed.length, 'snapshot')} written, ${failed.length} not`);
}

async function rebuildOne(
  events: EventReader,
  revisions: SnapshotRevisions,
  accountId: string,
): Promise<Rebuilt> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    // Read before the log: what is written on top of it is then never older than what stood there.
    const revision = await revisions.current(accountId);
    const record = await foldAccount(events, accountId);
    if (typeof record === 'string') return { accountId, error: record };
    if (await revisions.replace(record, revision)) {
      return { accountId, version: record.account.version };
    }
  }
  return { accountId, error: 'services write it all the time: it is new anyhow' };
}

/** The account as its events make it, or why they do not. */
async function foldAccount(
  events: EventReader,
  accountId: string,
): Promise<AccountRecord | string> {
  try {
    const head = await events.head(accountId, 'leader');
    if (head === undefined) return 'the log has no such account';
    let record: AccountRecord | undefined;
    for await (const recorded of events.tail(head, BEGINNING, 'any')) {
      record = applyRecorded(record, recorded);
    }
    return record ?? 'the log has no such account';
  } catch (error) {
    const isOfTheLog = error instanceof IntegrityError || error instanceof UndecodablePayloadError;
    if (isOfTheLog) return `its events cannot be folded: ${error.message}`;
    throw error;
  }
}

/** One subject an account. */
async function everyAccount({ jsm }: LogConnections): Promise<string[]> {
  const { state } = await jsm.streams.info(STREAM, { subjects_filter: ALL_ACCOUNTS });
  return Object.keys(state.subjects ?? {}).map(accountIdIn);
}

const print = (line: string) => void process.stdout.write(`${line}\n`);
