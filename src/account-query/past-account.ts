import type { Account } from '../account/account.ts';
import { hasStanding, standingAfter } from '../account/events.ts';
import type { RecordedEvent } from '../account/events.ts';
import { evolve } from '../account/evolve.ts';
import type { EventReader, SnapshotReader } from '../event-store/event-store.ts';
import { withTimeout } from '../platform/timeout.ts';

/** The log, as the queries of the past read it. */
export interface EventLog {
  readonly events: EventReader;
  readonly snapshots: SnapshotReader;
}

/** An account as it stood after one of its events. */
export interface PastAccount {
  readonly account: Account;
  /** Stream sequence of that event. */
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Events read at once. */
const PART = 1_000;

/** A snapshot that takes longer is done without, in milliseconds. */
const SNAPSHOT_TIMEOUT_MS = 500;

/**
 * The account after its event of that version, folded from the newest snapshot that is not beyond
 * it, else from the beginning; undefined where it has no such version.
 * @throws IntegrityError, whatever the event store throws, and the signal's reason once it is aborted.
 */
export async function accountAtVersion(
  log: EventLog,
  accountId: string,
  version: number,
  signal: AbortSignal,
): Promise<PastAccount | undefined> {
  let past = await fromSnapshot(log, accountId, version);
  while (past === undefined || past.account.version < version) {
    signal.throwIfAborted();
    const missing = Math.min(PART, version - (past?.account.version ?? 0));
    const part = await log.events.history(accountId, past?.sequence ?? 0, missing);
    for (const recorded of part) past = after(past, recorded);
    if (part.length < missing) return undefined;
  }
  return past;
}

/**
 * The account after the last of its versions whose time is not after `time` (milliseconds since
 * 1970); undefined where there is none. Clocks may go backwards from one event to the next: versions
 * are the order, and an earlier version with a later time does not hide a later one with an earlier.
 */
export async function accountAtTime(
  log: EventLog,
  accountId: string,
  time: number,
  signal: AbortSignal,
): Promise<PastAccount | undefined> {
  const head = await log.events.head(accountId, 'leader');
  if (head === undefined) return undefined;
  if (head.event.occurredAt <= time) {
    return accountAtVersion(log, accountId, head.event.version, signal);
  }
  let past: PastAccount | undefined;
  let found: PastAccount | undefined;
  for (;;) {
    signal.throwIfAborted();
    const part = await log.events.history(accountId, past?.sequence ?? 0, PART);
    for (const recorded of part) {
      past = after(past, recorded);
      if (recorded.event.occurredAt <= time) found = past;
    }
    if (part.length < PART) return found;
  }
}

function after(past: PastAccount | undefined, { event, sequence }: RecordedEvent): PastAccount {
  return {
    account: evolve(past?.account, event),
    sequence,
    createdAt: past?.createdAt ?? event.occurredAt,
    updatedAt: event.occurredAt,
  };
}

/** The account's snapshot, if it is not beyond the version and the log bears it out. */
async function fromSnapshot(
  { events, snapshots }: EventLog,
  accountId: string,
  version: number,
): Promise<PastAccount | undefined> {
  const lookup = await withTimeout(snapshots.load(accountId, 'any'), SNAPSHOT_TIMEOUT_MS).catch(
    () => undefined,
  );
  if (lookup?.kind !== 'found') return undefined;
  const { account, sequence } = lookup.record;
  if (account.version > version) return undefined;
  const [[first], last] = await Promise.all([
    events.history(accountId, 0, 1),
    events.event(sequence),
  ]);
  if (first?.event.type !== 'AccountCreated' || last?.event.accountId !== accountId) {
    return undefined;
  }
  const same =
    last.event.version === account.version &&
    hasStanding(account, standingAfter(last.event)) &&
    first.event.currency === account.currency &&
    first.event.ownerName === account.ownerName;
  if (!same) return undefined;
  const { occurredAt: createdAt } = first.event;
  return { account, sequence, createdAt, updatedAt: last.event.occurredAt };
}
