/** Those who wait for the next event: each is woken by those of its own account only. */
export interface Waiting {
  /** The newest event is of this account; who waits for it is woken with all that come in this turn. */
  came(accountId: string): void;
  /** The newest event is another one without any that came. */
  restart(): void;
  /** As {@link LiveFeed.moved}. */
  readonly moved: (accountId: string | undefined) => Promise<number>;
}

export interface WaitingOptions {
  /** Whoever waits is woken at least so often, in milliseconds. */
  readonly lookEveryMs: number;
  /** Likewise when this is aborted. */
  readonly stopping: AbortSignal;
}

/** `newest` answers the stream sequence of the newest event. */
export function createWaiting(
  { lookEveryMs, stopping }: WaitingOptions,
  newest: () => number,
): Waiting {
  /** All who wait for one account share a promise; under undefined those who wait for any. */
  const waits = new Map<string | undefined, PromiseWithResolvers<number>>();
  /** Accounts whose events nobody was woken for yet. */
  const fresh = new Set<string | undefined>();
  /** Up to this stream sequence everybody was woken for what concerns him. */
  let told = 0;
  /** One timer for all: each with its own would cost every client one at each event. */
  let timer: NodeJS.Timeout | undefined;

  function wake(accountId: string | undefined): void {
    waits.get(accountId)?.resolve(told);
    waits.delete(accountId);
  }

  function wakeConcerned(): void {
    for (const accountId of fresh) wake(accountId);
    fresh.clear();
    told = newest();
  }

  function wakeAll(): void {
    clearTimeout(timer);
    timer = undefined;
    wakeConcerned();
    for (const accountId of waits.keys()) wake(accountId);
  }

  stopping.addEventListener('abort', wakeAll, { once: true });

  return {
    came(accountId) {
      // What was read as one comes in one turn of the event loop.
      if (fresh.size === 0) setImmediate(wakeConcerned);
      fresh.add(accountId).add(undefined);
    },
    restart() {
      fresh.clear();
      told = newest();
    },
    moved(accountId) {
      if (stopping.aborted) return Promise.resolve(told);
      timer ??= setTimeout(wakeAll, lookEveryMs).unref();
      const wait = waits.get(accountId) ?? Promise.withResolvers<number>();
      waits.set(accountId, wait);
      return wait.promise;
    },
  };
}
