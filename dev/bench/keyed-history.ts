import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import type { AccountEvent } from '../../src/account/events.ts';
import { applyRecorded, REMEMBERED_COMMANDS, shortHash } from '../../src/account/record.ts';
import type { AccountRecord } from '../../src/account/record.ts';
import type { EventStore, SnapshotStore } from '../../src/event-store/event-store.ts';
import { encodeSnapshot } from '../../src/event-store/snapshot-codec.ts';
import { deposited, opened } from './fixtures.ts';

/** Accounts that are worked on at once. */
const atOnce = pLimit(64);

/**
 * Writes accounts of so many events each, every event with an idempotency key and by an append of
 * its own, as commands of careful clients leave them. Answers the accounts' records.
 */
export function writeKeyed(
  events: EventStore,
  accounts: number,
  eventsEach: number,
): Promise<AccountRecord[]> {
  const ids = Array.from({ length: accounts }, () => randomUUID());
  return atOnce.map(ids, async (accountId) => {
    let record: AccountRecord | undefined;
    for (let version = 1; version <= eventsEach; version += 1) {
      const event = keyed(accountId, version);
      const expectedSequence = record?.sequence ?? 0;
      const outcome = await events.append([{ accountId, expectedSequence, events: [{ event }] }]);
      if (outcome.kind !== 'stored') throw new Error(`the log was not filled: ${outcome.kind}`);
      record = applyRecorded(record, { event, sequence: outcome.lastSequence });
    }
    if (record === undefined) throw new RangeError('an account has an event at least');
    return record;
  });
}

/** Saves a snapshot of each. */
export async function saveAll(
  snapshots: SnapshotStore,
  records: readonly AccountRecord[],
): Promise<void> {
  await atOnce.map(records, (record) => snapshots.save(record));
}

/** The snapshot of an account that remembers as many keyed commands as it can, in bytes. */
export function fullSnapshotBytes(): number {
  const accountId = randomUUID();
  let record: AccountRecord | undefined;
  for (let version = 1; version <= REMEMBERED_COMMANDS; version += 1) {
    record = applyRecorded(record, { event: keyed(accountId, version), sequence: 1e9 + version });
  }
  if (record === undefined) throw new RangeError('no commands');
  return encodeSnapshot(record).length;
}

const keyed = (accountId: string, version: number): AccountEvent => ({
  ...(version === 1 ? opened(accountId) : deposited(accountId, version)),
  commandHash: shortHash(`${accountId} ${version}`),
});
