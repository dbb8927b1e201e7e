import type { AccountRecord } from '../../src/account/record.ts';
import type { SnapshotStore } from '../../src/event-store/event-store.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/event-store/snapshot-codec.ts';

/** A snapshot store in memory that tells what was written to it. */
export interface MemorySnapshotStore extends SnapshotStore {
  /** Every snapshot ever saved, in order. */
  readonly saved: readonly AccountRecord[];
}

export function memorySnapshotStore(): MemorySnapshotStore {
  const payloads = new Map<string, Buffer>();
  const saved: AccountRecord[] = [];
  return {
    saved,
    load(accountId) {
      const payload = payloads.get(accountId);
      if (payload === undefined) return Promise.resolve({ kind: 'none' });
      return Promise.resolve({ kind: 'found', record: decodeSnapshot(payload) });
    },
    save(record) {
      payloads.set(record.account.accountId, encodeSnapshot(record));
      saved.push(record);
      return Promise.resolve();
    },
  };
}
