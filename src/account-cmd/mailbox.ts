export interface MailboxLimits {
  /** Items that one run takes at most. */
  readonly batch: number;
  /** Accounts that one run may keep from others, unless a single item has more. */
  readonly accountsAtOnce: number;
  /** Items of one account that may wait, besides those being worked on. */
  readonly queuedPerAccount: number;
  /**
   * Items of all accounts, waiting or being worked on: a log that hangs lets every account work on
   * its first item, so what waits alone would bound nothing.
   */
  readonly openInAll: number;
}

export interface Mailbox<T> {
  /** The accounts that the item is about, each once. False when a queue is full: nothing was taken. */
  submit(accountIds: readonly string[], item: T): boolean;
  /** Items that wait, without those being worked on. */
  readonly waiting: () => number;
  /** Items that wait or are being worked on. */
  readonly open: () => number;
  /** Resolves once everything submitted has been worked on. */
  idle(): Promise<void>;
}

interface Entry<T> {
  readonly item: T;
  readonly accountIds: readonly string[];
}

/**
 * One queue an account, and an item stands in the queue of each account that it is about. `run` is
 * never called twice at once for the same account, and gets all that waited meanwhile as the next
 * batch: the longer an append takes, the more commands share the next one. An item joins a batch
 * when it is the first in all its queues and none of its accounts is at work elsewhere; so items of
 * one account keep their order, those that share an account share a batch, and all accounts of an
 * item are taken at one moment: nothing is held while something else is waited for, so there is no
 * deadlock, and what came first is never overtaken on any of its accounts, so nothing starves.
 *
 * `run` must not throw: it answers for each item itself.
 */
export function createMailbox<T>(
  limits: MailboxLimits,
  run: (batch: readonly T[]) => Promise<void>,
): Mailbox<T> {
  const queues = new Map<string, Entry<T>[]>();
  const busy = new Set<string>();
  let waiting = 0;
  let open = 0;
  let whenIdle: PromiseWithResolvers<void> | undefined;

  const firstOf = (accountId: string) => queues.get(accountId)?.[0];

  /** Whether the item is next on all its accounts, of which only those of `own` may be at work. */
  const isNext = (entry: Entry<T>, own?: ReadonlySet<string>) =>
    entry.accountIds.every(
      (accountId) =>
        firstOf(accountId) === entry && (own?.has(accountId) === true || !busy.has(accountId)),
    );

  function take({ accountIds }: Entry<T>): void {
    waiting -= 1;
    for (const accountId of accountIds) {
      const queue = queues.get(accountId);
      queue?.shift();
      if (queue?.length === 0) queues.delete(accountId);
      busy.add(accountId);
    }
  }

  /** The item, and of those behind it on its accounts, and on theirs, all that can go with it. */
  function batchFrom(first: Entry<T>): { batch: T[]; accounts: ReadonlySet<string> } {
    const batch = [first.item];
    const accounts = new Set(first.accountIds);
    take(first);
    /** Accounts whose queue has moved on. */
    const moved = [...first.accountIds];
    for (let id = moved.pop(); id !== undefined; id = moved.pop()) {
      for (let next = firstOf(id); next !== undefined; next = firstOf(id)) {
        if (batch.length >= limits.batch || !isNext(next, accounts)) break;
        const added = next.accountIds.filter((accountId) => !accounts.has(accountId));
        if (accounts.size + added.length > limits.accountsAtOnce) break;
        take(next);
        batch.push(next.item);
        for (const accountId of added) accounts.add(accountId);
        for (const accountId of next.accountIds) if (accountId !== id) moved.push(accountId);
      }
    }
    return { batch, accounts };
  }

  async function work(first: Entry<T>): Promise<void> {
    const { batch, accounts } = batchFrom(first);
    await run(batch);
    open -= batch.length;
    for (const accountId of accounts) busy.delete(accountId);
    for (const accountId of accounts) start(firstOf(accountId));
    if (open > 0) return;
    whenIdle?.resolve();
    whenIdle = undefined;
  }

  function start(entry: Entry<T> | undefined): void {
    if (entry !== undefined && isNext(entry)) void work(entry);
  }

  return {
    submit(accountIds, item) {
      const isFull = (accountId: string) =>
        (queues.get(accountId)?.length ?? 0) >= limits.queuedPerAccount;
      if (open >= limits.openInAll || accountIds.some(isFull)) return false;
      const entry = { item, accountIds };
      for (const accountId of accountIds) {
        const queue = queues.get(accountId);
        if (queue === undefined) queues.set(accountId, [entry]);
        else queue.push(entry);
      }
      waiting += 1;
      open += 1;
      start(entry);
      return true;
    },
    waiting: () => waiting,
    open: () => open,
    async idle() {
      if (open === 0) return;
      whenIdle ??= Promise.withResolvers();
      await whenIdle.promise;
    },
  };
}
