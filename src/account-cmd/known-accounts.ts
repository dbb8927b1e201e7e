import type { RecordedEvent } from '../account/events.ts';
import type { AccountRecord } from '../account/record.ts';
import { cachedState, catchUp, loadedState } from './known-state.ts';
import type { KnownState } from './known-state.ts';
import type { WorkerContext } from './worker-context.ts';

type OnEvent = (recorded: RecordedEvent, after: AccountRecord) => void;

const NO_FAILURES: ReadonlyMap<string, unknown> = new Map();

/** What one batch's worker knows of its accounts, from the first look at each until the batch ends. */
export class KnownAccounts {
  readonly #context: WorkerContext;
  readonly #states = new Map<string, KnownState>();

  constructor(context: WorkerContext) {
    this.#context = context;
  }

  /** Undefined for an account without events. */
  record(accountId: string): AccountRecord | undefined {
    return this.#states.get(accountId)?.record;
  }

  /** The stream sequence of the account's last event; 0 for one without. */
  sequenceOf(accountId: string): number {
    return this.record(accountId)?.sequence ?? 0;
  }

  /** Whether the leader has said so, or an append that met its expectation. */
  isNewest(accountId: string): boolean {
    return this.#states.get(accountId)?.freshness === 'newest';
  }

  /**
   * Loads those not yet known and catches up those that may be behind, side by side; `onEvent` is
   * told what the log held beyond the known state. Answers why some could not be had.
   */
  async prepare(
    accountIds: Iterable<string>,
    onEvent: OnEvent,
  ): Promise<ReadonlyMap<string, unknown>> {
    const looks: Promise<void>[] = [];
    let failures: Map<string, unknown> | undefined;
    for (const accountId of accountIds) {
      const known = this.#states.get(accountId) ?? cachedState(this.#context, accountId);
      if (known !== undefined && known.freshness !== 'stale') {
        this.#states.set(accountId, known);
        continue;
      }
      const look = this.#look(accountId, known, onEvent).catch((error: unknown) => {
        (failures ??= new Map()).set(accountId, error);
      });
      looks.push(look);
    }
    if (looks.length > 0) await Promise.all(looks);
    return failures ?? NO_FAILURES;
  }

  async #look(accountId: string, known: KnownState | undefined, onEvent: OnEvent): Promise<void> {
    const first = known ?? (await loadedState(this.#context, accountId));
    this.#states.set(accountId, first);
    if (first.freshness !== 'stale') return;
    this.#states.set(accountId, await catchUp(this.#context, accountId, first, onEvent));
  }

  /** The account as an append has just left it. */
  appended(accountId: string, record: AccountRecord): void {
    this.#states.set(accountId, { record, freshness: 'newest' });
  }

  /** To be caught up before anything more is decided on them. */
  outdated(accountIds: Iterable<string>): void {
    for (const accountId of accountIds) {
      this.#states.set(accountId, { record: this.record(accountId), freshness: 'stale' });
    }
  }

  /** Leaves what is known for the accounts' next batches, unless it may be behind. */
  keep(): void {
    const { cache } = this.#context;
    for (const [accountId, { record, freshness }] of this.#states) {
      if (record !== undefined && freshness !== 'stale') cache.set(accountId, record);
      else cache.delete(accountId);
    }
  }
}
