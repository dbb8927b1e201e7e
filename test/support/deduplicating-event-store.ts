import type { AccountEvent } from '../../src/account/events.ts';
import type { AccountWrite, EventStore } from '../../src/event-store/event-store.ts';
import { messageId, sameCommand } from '../../src/event-store/message-id.ts';

/**
 * The store with JetStream's message ids: an append with a command of an account that stands in the
 * log already is a duplicate. One server compares them after the expectation, several compare them
 * before.
 */
export function deduplicatingEventStore(
  store: EventStore,
  compared: 'before the expectation' | 'after the expectation',
): EventStore {
  const sequences = new Map<string, number>();
  return {
    ...store,
    async append(writes) {
      const ids = messageIdsOf(writes);
      const stood = ids.map((id) => sequences.get(id)).find((sequence) => sequence !== undefined);
      if (stood !== undefined) {
        if (compared === 'after the expectation') {
          for (const [index, { accountId, expectedSequence }] of writes.entries()) {
            // Of several writes of an account the first one's expectation counts.
            const first = writes.findIndex((write) => write.accountId === accountId);
            if (first < index) continue;
            const head = await store.head(accountId, 'leader');
            if ((head?.sequence ?? 0) !== expectedSequence) return { kind: 'conflict' };
          }
        }
        return { kind: 'duplicate', ...(ids.length === 1 && { sequence: stood }) };
      }
      const outcome = await store.append(writes);
      if (outcome.kind === 'stored') {
        const first = outcome.lastSequence - ids.length + 1;
        ids.forEach((id, index) => sequences.set(id, first + index));
      }
      return outcome;
    },
  };
}

function messageIdsOf(writes: readonly AccountWrite[]): string[] {
  const last = new Map<string, { event: AccountEvent; index: number }>();
  return writes.flatMap(({ accountId, events }) =>
    events.map(({ event }) => {
      const before = last.get(accountId);
      const index = before !== undefined && sameCommand(before.event, event) ? before.index + 1 : 0;
      last.set(accountId, { event, index });
      return messageId(event, index);
    }),
  );
}
