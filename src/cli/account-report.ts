import { isDeepStrictEqual } from 'node:util';
import type { AccountRecord } from '../account/record.ts';
import { applyRecorded } from '../account/record.ts';
import type { SnapshotLookup } from '../event-store/event-store.ts';
import type { LogEntry } from '../event-store/log-entry.ts';
import { encodeSnapshot } from '../event-store/snapshot-codec.ts';
import { messageOf } from '../platform/message-of.ts';
import { accountProjection } from '../projections/account-projection.ts';
import type { AccountDocument } from '../projections/accounts.ts';

/** What is kept of one account, beside what its events make of it. */
export interface AccountReport {
  /** As far as the events go; undefined where not even the first one can be read. */
  readonly log: AccountRecord | undefined;
  /** The event that cannot follow, and all behind it. */
  readonly broken: { readonly sequence: number; readonly error: string } | undefined;
  readonly snapshot: Compared<AccountRecord>;
  readonly document: Compared<AccountDocument>;
}

export interface Compared<T> {
  /** Undefined where there is none that can be read. */
  readonly found: T | undefined;
  /** In a sentence, what is wrong with it; undefined where it is as its events make it. */
  readonly wrong: string | undefined;
}

export interface Kept {
  readonly snapshot: SnapshotLookup;
  readonly document: AccountDocument | undefined;
}

/**
 * Folds the account's events and compares with what was kept of it, each at its own version: what is
 * behind the log is not wrong. What was kept is read before the log. Undefined without any event.
 */
export async function reportOn(
  { snapshot, document }: Kept,
  entries: AsyncIterable<LogEntry>,
): Promise<AccountReport | undefined> {
  const record = snapshot.kind === 'found' ? snapshot.record : undefined;
  let log: AccountRecord | undefined;
  let folded: AccountDocument | undefined;
  let broken: AccountReport['broken'];
  let recordThen: AccountRecord | undefined;
  let documentThen: AccountDocument | undefined;
  for await (const entry of entries) {
    try {
      if ('error' in entry) throw entry.error;
      log = applyRecorded(log, entry);
      folded = accountProjection.apply(folded, entry);
    } catch (error) {
      broken = { sequence: entry.sequence, error: messageOf(error) };
      break;
    }
    const { version } = entry.event;
    if (version === record?.account.version) recordThen = log;
    if (version === document?.version) documentThen = folded;
  }
  if (log === undefined && broken === undefined) return undefined;
  const unusable = snapshot.kind === 'unusable' ? `cannot be used: ${snapshot.reason}` : undefined;
  return {
    ...{ log, broken },
    snapshot: { found: record, wrong: unusable ?? whatIsWrong(record, recordThen, isSameRecord) },
    document: { found: document, wrong: whatIsWrong(document, documentThen, isDeepStrictEqual) },
  };
}

function whatIsWrong<T>(
  kept: T | undefined,
  then: T | undefined,
  isSame: (one: T, other: T) => boolean,
): string | undefined {
  if (kept === undefined) return undefined;
  if (then === undefined) return 'is of a version that the events do not make';
  return isSame(kept, then) ? undefined : 'is not what the events make of its version';
}

const isSameRecord = (one: AccountRecord, other: AccountRecord): boolean =>
  encodeSnapshot(one).equals(encodeSnapshot(other));
