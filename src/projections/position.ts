/** How far a group has come, for those who wait for it. */
export interface ProjectionPosition {
  /** Stream sequence up to which every event of the group is in the read models. */
  readonly current: () => number;
  /** The projection has come this far; going back is possible only by {@link reset}. */
  advance(sequence: number): void;
  reset(sequence: number): void;
  /** It will come no further: whoever waits is told so at once. */
  abandon(): void;
  /** True once the position has reached the sequence, false when the time is up before. */
  waitFor(sequence: number, timeoutMs: number): Promise<boolean>;
  /** Calls the listener with each sequence advanced to; answers the function that ends it. */
  onAdvance(listener: (sequence: number) => void): () => void;
}

interface Waiter {
  readonly sequence: number;
  readonly end: (reached: boolean) => void;
}

export function projectionPosition(): ProjectionPosition {
  let position = 0;
  const waiters = new Set<Waiter>();
  const listeners = new Set<(sequence: number) => void>();

  function moveTo(sequence: number): void {
    position = sequence;
    for (const waiter of waiters) if (waiter.sequence <= position) waiter.end(true);
    for (const listener of listeners) listener(position);
  }

  return {
    current: () => position,
    reset: moveTo,
    advance(sequence) {
      if (sequence > position) moveTo(sequence);
    },
    abandon() {
      for (const waiter of waiters) waiter.end(false);
    },
    waitFor(sequence, timeoutMs) {
      if (sequence <= position) return Promise.resolve(true);
      return new Promise((resolve) => {
        const end = (reached: boolean) => {
          clearTimeout(timer);
          waiters.delete(waiter);
          resolve(reached);
        };
        const waiter = { sequence, end };
        const timer = setTimeout(() => end(false), timeoutMs);
        // Who found out otherwise does not wait any more: that must not keep a command from its end.
        timer.unref();
        waiters.add(waiter);
      });
    },
    onAdvance(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
