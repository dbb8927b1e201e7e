import type { LogEntry } from '../../event-store/log-entry.ts';
import type { Finding } from './finding.ts';

/**
 * Atomic batches, entry by entry in the log's order: the server stores the messages of one append one
 * behind the other, and the last one commits it. Half of one comes from files that were copied or
 * restored past the server. Entries that name no batch are appends of their own.
 */
export interface BatchAudit {
  add(entry: LogEntry): readonly Finding[];
  /** Whether the append of the last entry goes on. */
  isOpen(): boolean;
  /** The log has ended: what is open now never ends. */
  end(): readonly Finding[];
}

interface Open {
  readonly id: string;
  readonly first: number;
  readonly last: LogEntry;
}

export function batchAudit(): BatchAudit {
  let open: Open | undefined;

  function end(): readonly Finding[] {
    if (open === undefined) return [];
    const { first, last } = open;
    open = undefined;
    const { sequence, accountId } = last;
    const what = `the append that begins at ${first} ends here without its last event: only a part of it is there`;
    return [{ sequence, invariant: 'I1', accountId, what, remedy: 'log' }];
  }

  return {
    isOpen: () => open !== undefined,
    end,
    add(entry) {
      const { batch, sequence } = entry;
      const found = batch?.id === open?.id ? [] : end();
      open =
        batch === undefined || batch.commits
          ? undefined
          : { id: batch.id, first: open?.first ?? sequence, last: entry };
      return found;
    },
  };
}
