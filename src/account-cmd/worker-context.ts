import type { LRUCache } from 'lru-cache';
import type { AccountRecord } from '../account/record.ts';
import type { EventStore, SnapshotStore } from '../event-store/event-store.ts';
import type { DecideOptions } from './decide-batch.ts';
import type { CommandObserver } from './observer.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { SnapshotWriter } from './snapshot-writer.ts';

/** What working on an account needs. */
export interface WorkerContext {
  readonly events: EventStore;
  readonly snapshots: SnapshotStore;
  readonly cache: LRUCache<string, AccountRecord>;
  readonly snapshotWriter: SnapshotWriter;
  readonly decide: DecideOptions;
  readonly observer: CommandObserver;
  readonly retries: RetryBudget;
  /** Monotonic clock, milliseconds. */
  readonly monotonic: () => number;
  /** From 0 up to 1: spreads retries. */
  readonly random: () => number;
}
