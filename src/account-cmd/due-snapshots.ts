import type { AccountRecord } from '../account/record.ts';
import { SNAPSHOT_INTERVAL } from '../event-store/event-store.ts';
import type { SnapshotWriter } from './snapshot-writer.ts';

/** Collects states, each account's oldest first, and has the last that one is due of written. */
export function dueSnapshots() {
  const due = new Map<string, AccountRecord>();
  return {
    add(record: AccountRecord): void {
      const { version, accountId } = record.account;
      if (version % SNAPSHOT_INTERVAL === 0) due.set(accountId, record);
    },
    write(writer: SnapshotWriter): void {
      for (const record of due.values()) writer.write(record);
    },
  };
}
