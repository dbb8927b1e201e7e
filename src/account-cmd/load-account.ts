import type { AccountRecord } from '../account/record.ts';
import { applyRecorded } from '../account/record.ts';
import { IntegrityError } from '../account/errors.ts';
import { hasStanding, standingAfter } from '../account/events.ts';
import { BEGINNING } from '../event-store/event-store.ts';
import type {
  Consistency,
  EventStore,
  Head,
  Position,
  SnapshotStore,
} from '../event-store/event-store.ts';

/** Told why a snapshot was not used; the account is then read without it. */
export type OnBadSnapshot = (accountId: string, reason: string) => void;

/**
 * The account as the log has it: snapshot and last event side by side, then only the events
 * between. A snapshot is believed only as far as the log bears it out: every event states the
 * balance after it, so a fold from a wrong snapshot fails and is done again without it.
 * `onProgress` is called after each answer of the log: to see that it has not stopped, or to leave it.
 * @throws IntegrityError when the log contradicts itself; whatever the event store throws.
 */
export async function loadAccount(
  events: EventStore,
  snapshots: SnapshotStore,
  accountId: string,
  consistency: Consistency,
  onBadSnapshot: OnBadSnapshot,
  onProgress: () => void = () => undefined,
): Promise<AccountRecord | undefined> {
  const [snapshot, head] = await Promise.all([
    snapshots.load(accountId, consistency),
    events.head(accountId, consistency),
  ]);
  onProgress();
  if (snapshot.kind === 'unusable') onBadSnapshot(accountId, snapshot.reason);
  const contradiction =
    snapshot.kind === 'found' ? contradictionWith(head, snapshot.record) : undefined;
  if (head === undefined) {
    if (contradiction !== undefined) onBadSnapshot(accountId, contradiction);
    return undefined;
  }
  if (snapshot.kind === 'found') {
    if (contradiction === undefined) {
      try {
        return await fold(events, head, snapshot.record, consistency, onProgress);
      } catch (error) {
        if (!(error instanceof IntegrityError)) throw error;
        onBadSnapshot(accountId, error.message);
      }
    } else {
      onBadSnapshot(accountId, contradiction);
    }
  }
  return fold(events, head, undefined, consistency, onProgress);
}

/** What the account's last event alone says against a state that is known from elsewhere. */
export function contradictionWith(
  head: Head | undefined,
  known: AccountRecord,
): string | undefined {
  if (head === undefined) return 'the log has no such account';
  const { sequence, event } = head;
  const { account } = known;
  if (known.sequence > sequence || account.version > event.version) {
    return `it is ahead of the log (version ${account.version}, the log has ${event.version})`;
  }
  if (known.sequence < sequence) return undefined;
  const same = account.version === event.version && hasStanding(account, standingAfter(event));
  return same ? undefined : 'it contradicts the event it was taken at';
}

async function fold(
  events: EventStore,
  head: Head,
  start: AccountRecord | undefined,
  consistency: Consistency,
  onProgress: () => void,
): Promise<AccountRecord | undefined> {
  let record = start;
  for await (const recorded of events.tail(head, positionOf(start), consistency)) {
    onProgress();
    record = applyRecorded(record, recorded);
  }
  return record;
}

export const positionOf = (record: AccountRecord | undefined): Position =>
  record === undefined ? BEGINNING : { version: record.account.version, sequence: record.sequence };
