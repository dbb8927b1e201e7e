import type { AccountRecord } from '../account/record.ts';
import { SNAPSHOT_INTERVAL } from '../event-store/event-store.ts';
import type { SnapshotWriter } from './snapshot-writer.ts';

/** Collects states, each account's oldest first, and has the last that one is due of written. */
export class DueSnapshots {
  #due: Map<string, AccountRecord> | undefined;

  add(record: AccountRecord): void {
    const { version, accountId } = record.account;
    if (version % SNAPSHOT_INTERVAL === 0) (this.#due ??= new Map()).set(accountId, record);
  }

  write(writer: SnapshotWriter): void {
    if (this.#due === undefined) return;
    for (const record of this.#due.values()) writer.write(record);
  }
}
