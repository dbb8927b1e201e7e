import { LRUCache } from 'lru-cache';
import type { LogEntry } from '../event-store/log-entry.ts';
import { SHARDS } from '../event-store/subjects.ts';
import type { Group } from './build.ts';
import type { ProjectedDocument } from './projection.ts';
import type { ReadModelStore } from './read-model-store.ts';

/** The documents as everything that was taken makes them, whether MongoDB has it by now or not. */
export interface KnownDocuments<D> {
  /**
   * Those of the accounts in the batch that have one: from memory, else from MongoDB. They are in a
   * map of their own, since a batch may be of more accounts than there is room for in memory.
   */
  before(batch: readonly LogEntry[]): Promise<ReadonlyMap<string, D>>;
  /** The documents go to MongoDB from here on. */
  onTheirWay(changed: ReadonlyMap<string, D>): void;
  /** MongoDB has the first of those that are on their way. */
  written(): void;
  /** Another worker has written: nothing is known any more. */
  forget(): void;
}

/**
 * Documents kept in memory, so that a batch need not read what it is about to replace: by the groups
 * of a build together, since one process may have all of them.
 */
const KEPT_DOCUMENTS = 20_000;

export function knownDocuments<D extends ProjectedDocument>(
  { shards }: Pick<Group, 'shards'>,
  store: Pick<ReadModelStore<D>, 'documents'>,
): KnownDocuments<D> {
  const kept = new LRUCache<string, D>({
    max: Math.ceil((KEPT_DOCUMENTS * shards.length) / SHARDS),
  });
  /** Not to be read from MongoDB, where there was no room to keep them: it has older ones. */
  const unwritten: ReadonlyMap<string, D>[] = [];

  const inMemory = (accountId: string): D | undefined =>
    kept.get(accountId) ?? unwritten.findLast((changed) => changed.has(accountId))?.get(accountId);

  return {
    async before(batch) {
      const found = new Map<string, D>();
      const unread = new Set<string>();
      for (const entry of batch) {
        const { accountId } = entry;
        if (found.has(accountId) || unread.has(accountId)) continue;
        const document = inMemory(accountId);
        // A new account is in nobody's way; a repeat of its creation is caught by the guard.
        const isNew = 'event' in entry && entry.event.version === 1;
        if (document !== undefined) found.set(accountId, document);
        else if (!isNew) unread.add(accountId);
      }
      if (unread.size === 0) return found;
      for (const document of await store.documents([...unread])) found.set(document._id, document);
      return found;
    },

    onTheirWay(changed) {
      for (const [accountId, document] of changed) kept.set(accountId, document);
      unwritten.push(changed);
    },

    written: () => void unwritten.shift(),
    forget: () => kept.clear(),
  };
}
