import { LRUCache } from 'lru-cache';
import { systemSources } from '../../src/account-cmd/sources.ts';
import { silentObserver } from '../../src/account-cmd/observer.ts';
import type { WorkerContext } from '../../src/account-cmd/worker-context.ts';
import type { AccountRecord } from '../../src/account/record.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import { memorySnapshotStore } from './memory-snapshot-store.ts';

/**
 * What a worker needs, on this store: retries come at once, and the clock, which is asked at the
 * beginning and after each round in vain, stands at 0 and goes on by 100 ms whenever it is asked.
 */
export function workerContext(
  events: EventStore,
  more: Partial<WorkerContext> = {},
): WorkerContext {
  let now = -100;
  return {
    events,
    snapshots: memorySnapshotStore(),
    cache: new LRUCache<string, AccountRecord>({ max: 100 }),
    snapshotWriter: { write: () => undefined, idle: () => Promise.resolve() },
    decide: { sources: systemSources, rememberRejections: false, frozenTakesMoney: true },
    retries: { take: () => true },
    observer: silentObserver,
    monotonic: () => (now += 100),
    random: () => 0,
    ...more,
  };
}
