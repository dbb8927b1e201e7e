import type { RecordedEvent } from '../account/events.ts';
import type { AccountRecord } from '../account/record.ts';
import { applyRecorded } from '../account/record.ts';
import { BEGINNING } from '../event-store/event-store.ts';
import type { Consistency } from '../event-store/event-store.ts';
import { withStallTimeout } from '../platform/timeout.ts';
import { contradictionWith, loadAccount, positionOf } from './load-account.ts';
import type { WorkerContext } from './worker-context.ts';

/** How long any replica may send nothing before the leader is asked instead, in milliseconds. */
const REPLICA_TIMEOUT_MS = 500;

/** What this process knows of an account. */
export interface KnownState {
  /** Undefined for an account without events. */
  readonly record: AccountRecord | undefined;
  /**
   * `newest`: the leader has said so, or an append that met its expectation.
   * `likely`: from the cache, or loaded; an append checks it anyway, a refusal must not rest on it.
   * `stale`: known to be behind, or possibly so: to be caught up before anything is decided on it.
   */
  readonly freshness: 'newest' | 'likely' | 'stale';
}

/** The state from the cache, if it is there. */
export function cachedState(
  { cache, observer }: WorkerContext,
  accountId: string,
): KnownState | undefined {
  const record = cache.get(accountId);
  observer.cacheLookedUp(record !== undefined);
  return record && { record, freshness: 'likely' };
}

/** The state from snapshot and log. */
export async function loadedState(
  { events, snapshots, observer }: WorkerContext,
  accountId: string,
): Promise<KnownState> {
  const load = (consistency: Consistency, onProgress?: () => void) =>
    loadAccount(events, snapshots, accountId, consistency, observer.snapshotIgnored, onProgress);
  try {
    const record = await withStallTimeout(
      (onProgress) => load('any', onProgress),
      REPLICA_TIMEOUT_MS,
    );
    return { record, freshness: 'likely' };
  } catch {
    // A replica that lags may lack an event in between, and one may hang. The leader is looked at once
    // more before a refusal rests on it: one that was deposed does not know it at once.
    return { record: await load('leader'), freshness: 'likely' };
  }
}

/**
 * Folds in what the log holds beyond the known state, by the leader's word. Where the log does not
 * bear that state out, it was restored or a server has lost its end: the log counts, and the account
 * is folded from its beginning. What is found then must be found once more before it is the newest,
 * since a leader that was deposed does not know it at once.
 */
export async function catchUp(
  { events, observer }: WorkerContext,
  accountId: string,
  known: KnownState,
  onEvent: (recorded: RecordedEvent, after: AccountRecord) => void,
): Promise<KnownState> {
  let { record } = known;
  const head = await events.head(accountId, 'leader');
  const contradiction = record && contradictionWith(head, record);
  if (contradiction !== undefined) {
    observer.logSetBack(accountId, contradiction);
    record = undefined;
  }
  if (head !== undefined) {
    const position = record === undefined ? BEGINNING : positionOf(record);
    for await (const recorded of events.tail(head, position, 'leader')) {
      record = applyRecorded(record, recorded);
      onEvent(recorded, record);
    }
  }
  return { record, freshness: contradiction === undefined ? 'newest' : 'likely' };
}
