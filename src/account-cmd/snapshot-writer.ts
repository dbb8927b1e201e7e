import type { AccountRecord } from '../account/record.ts';
import type { SnapshotStore } from '../event-store/event-store.ts';

export interface SnapshotWriter {
  /** Writes the snapshot soon, off the request path; an older one still waiting is replaced. */
  write(record: AccountRecord): void;
  /** Resolves once nothing waits any more. */
  idle(): Promise<void>;
}

export interface SnapshotWriterOptions {
  readonly concurrency: number;
  /** Beyond this many waiting accounts, the one waiting longest goes without: a snapshot is disposable. */
  readonly waiting: number;
  readonly onWritten: (record: AccountRecord) => void;
  readonly onFailed: (record: AccountRecord, error: unknown) => void;
  readonly onSkipped?: () => void;
}

export function createSnapshotWriter(
  store: SnapshotStore,
  { concurrency, waiting: maxWaiting, onWritten, onFailed, onSkipped }: SnapshotWriterOptions,
): SnapshotWriter {
  /** The newest snapshot of each account that waits, oldest account first. */
  const waiting = new Map<string, AccountRecord>();
  /** Accounts being written: never two writes of one account at once, or the older might win. */
  const writing = new Set<string>();
  let whenIdle: PromiseWithResolvers<void> | undefined;

  async function save(record: AccountRecord): Promise<void> {
    try {
      await store.save(record);
      onWritten(record);
    } catch (error) {
      onFailed(record, error);
    }
    writing.delete(record.account.accountId);
    startNext();
    if (waiting.size > 0 || writing.size > 0) return;
    whenIdle?.resolve();
    whenIdle = undefined;
  }

  function startNext(): void {
    for (const [accountId, record] of waiting) {
      if (writing.size >= concurrency) return;
      if (writing.has(accountId)) continue;
      waiting.delete(accountId);
      writing.add(accountId);
      void save(record);
    }
  }

  return {
    write(record) {
      waiting.set(record.account.accountId, record);
      if (waiting.size > maxWaiting) {
        const [longest] = waiting.keys();
        if (longest !== undefined) waiting.delete(longest);
        onSkipped?.();
      }
      startNext();
    },
    async idle() {
      if (waiting.size === 0 && writing.size === 0) return;
      whenIdle ??= Promise.withResolvers();
      await whenIdle.promise;
    },
  };
}
