export interface MailboxLimits {
  /** Items that one run takes at most. */
  readonly batch: number;
  /** Items of one account that may wait, besides those being worked on. */
  readonly queuedPerAccount: number;
  /**
   * Items of all accounts, waiting or being worked on: a log that hangs lets every account work on
   * its first item, so what waits alone would bound nothing.
   */
  readonly openInAll: number;
}

export interface Mailbox<T> {
  /** False when the queue is full: nothing was taken. */
  submit(accountId: string, item: T): boolean;
  /** Items that wait, without those being worked on. */
  readonly waiting: () => number;
  /** Items that wait or are being worked on. */
  readonly open: () => number;
  /** Resolves once everything submitted has been worked on. */
  idle(): Promise<void>;
}

/**
 * One queue an account: `run` is never called twice at once for the same account, and gets all that
 * waited meanwhile as the next batch. This is what lets a hot account keep up with its log: the
 * longer an append takes, the more commands share the next one.
 *
 * `run` must not throw: it answers for each item itself.
 */
export function createMailbox<T>(
  limits: MailboxLimits,
  run: (accountId: string, batch: readonly T[]) => Promise<void>,
): Mailbox<T> {
  const queues = new Map<string, T[]>();
  let waiting = 0;
  let open = 0;
  let whenIdle: PromiseWithResolvers<void> | undefined;

  async function work(accountId: string, queue: T[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, limits.batch);
      waiting -= batch.length;
      await run(accountId, batch);
      open -= batch.length;
    }
    queues.delete(accountId);
    if (queues.size > 0) return;
    whenIdle?.resolve();
    whenIdle = undefined;
  }

  return {
    submit(accountId, item) {
      const queue = queues.get(accountId);
      const full = open >= limits.openInAll || (queue?.length ?? 0) >= limits.queuedPerAccount;
      if (full) return false;
      waiting += 1;
      open += 1;
      if (queue !== undefined) {
        queue.push(item);
      } else {
        const started = [item];
        queues.set(accountId, started);
        void work(accountId, started);
      }
      return true;
    },
    waiting: () => waiting,
    open: () => open,
    async idle() {
      if (queues.size === 0) return;
      whenIdle ??= Promise.withResolvers();
      await whenIdle.promise;
    },
  };
}
