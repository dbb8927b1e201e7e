import { randomUUID } from 'node:crypto';
import type { AccountEvent } from '../../src/account/events.ts';
import type { AccountRecord } from '../../src/account/record.ts';
import { applyRecorded } from '../../src/account/record.ts';
import { SNAPSHOT_INTERVAL } from '../../src/event-store/event-store.ts';
import type { AccountWrite, EventStore, SnapshotStore } from '../../src/event-store/event-store.ts';
import { deposited, opened } from './fixtures.ts';
import { progress } from './report.ts';

/** Events of each account that lies between two events of the long one. */
const EVENTS_OF_OTHERS = 11;
const PROGRESS_EVERY = 2_000;

/**
 * Writes one account of so many events, and `between` events of others between each two of its own,
 * as appends of the event store: versions, balances, subjects and expectations are those that the
 * service would have written, and so is the long account's newest snapshot.
 */
export async function writeLongHistory(
  { events, snapshots }: { readonly events: EventStore; readonly snapshots: SnapshotStore },
  accountId: string,
  count: number,
  between: number,
): Promise<void> {
  let record: AccountRecord | undefined;
  for (let version = 1; version <= count; version += 1) {
    const event = eventOf(accountId, version);
    const others = accountsOf(between);
    const own = { accountId, expectedSequence: record?.sequence ?? 0, events: [{ event }] };
    const outcome = await events.append([own, ...others]);
    if (outcome.kind !== 'stored') throw new Error(`the log was not filled: ${outcome.kind}`);
    record = applyRecorded(record, { event, sequence: outcome.lastSequence - between });
    if (version % SNAPSHOT_INTERVAL === 0 && version + SNAPSHOT_INTERVAL > count) {
      await snapshots.save(record);
    }
    if (version % PROGRESS_EVERY === 0) {
      progress(`  ${(version * (1 + between)).toLocaleString('en')} events`);
    }
  }
}

/** New accounts with so many events together. */
function accountsOf(count: number): AccountWrite[] {
  const writes: AccountWrite[] = [];
  for (let left = count; left > 0; left -= EVENTS_OF_OTHERS) {
    const accountId = randomUUID();
    const events = Array.from({ length: Math.min(EVENTS_OF_OTHERS, left) }, (_, index) => ({
      event: eventOf(accountId, index + 1),
    }));
    writes.push({ accountId, expectedSequence: 0, events });
  }
  return writes;
}

const eventOf = (accountId: string, version: number): AccountEvent =>
  version === 1 ? opened(accountId) : deposited(accountId, version);
