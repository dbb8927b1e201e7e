import type { RecordedEvent } from '../account/events.ts';
import type { AccountRecord } from '../account/record.ts';
import type { Records } from './decide-batch.ts';
import { catchUp, firstState } from './known-state.ts';
import type { KnownState } from './known-state.ts';
import type { SequenceOf } from './open-commands.ts';
import type { WorkerContext } from './worker-context.ts';

/** What one batch's worker knows of its accounts, from the first look at each until the batch ends. */
export interface KnownAccounts {
  readonly record: Records;
  readonly sequenceOf: SequenceOf;
  /** Whether the leader has said so, or an append that met its expectation. */
  readonly isNewest: (accountId: string) => boolean;
  /**
   * Loads those not yet known and catches up those that may be behind, side by side; `onEvent` is
   * told what the log held beyond the known state. Answers why some could not be had.
   */
  prepare(
    accountIds: Iterable<string>,
    onEvent: (recorded: RecordedEvent, after: AccountRecord) => void,
  ): Promise<ReadonlyMap<string, unknown>>;
  /** The account as an append has just left it. */
  appended(accountId: string, record: AccountRecord): void;
  /** To be caught up before anything more is decided on them. */
  outdated(accountIds: Iterable<string>): void;
  /** Leaves what is known for the accounts' next batches, unless it may be behind. */
  keep(): void;
}

export function knownAccounts(context: WorkerContext): KnownAccounts {
  const states = new Map<string, KnownState>();
  const record: Records = (accountId) => states.get(accountId)?.record;

  return {
    record,
    sequenceOf: (accountId) => record(accountId)?.sequence ?? 0,
    isNewest: (accountId) => states.get(accountId)?.freshness === 'newest',

    async prepare(accountIds, onEvent) {
      const failures = new Map<string, unknown>();
      const work: Promise<void>[] = [];
      async function look(accountId: string, known: KnownState | undefined): Promise<void> {
        try {
          const first = known ?? (await firstState(context, accountId));
          const isBehind = first.freshness === 'stale';
          states.set(accountId, first);
          if (isBehind) states.set(accountId, await catchUp(context, accountId, first, onEvent));
        } catch (error) {
          failures.set(accountId, error);
        }
      }
      for (const accountId of accountIds) {
        const known = states.get(accountId);
        if (known === undefined || known.freshness === 'stale') work.push(look(accountId, known));
      }
      await Promise.all(work);
      return failures;
    },

    appended: (accountId, after) =>
      void states.set(accountId, { record: after, freshness: 'newest' }),

    outdated(accountIds) {
      for (const accountId of accountIds) {
        states.set(accountId, { record: record(accountId), freshness: 'stale' });
      }
    },

    keep() {
      for (const [accountId, { record: known, freshness }] of states) {
        if (known !== undefined && freshness !== 'stale') context.cache.set(accountId, known);
        else context.cache.delete(accountId);
      }
    },
  };
}
