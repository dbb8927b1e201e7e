/** How far a projection has come, for those who wait for it. */
export interface ProjectionPosition {
  /** Stream sequence up to which every event is in the read models. */
  readonly current: () => number;
  /** The projection has come this far; going back is possible only by {@link reset}. */
  advance(sequence: number): void;
  /**
   * Calls the listener with the position after each advance, until the function answered is called.
   * What it is called with may be less than before only after a {@link reset}.
   */
  onAdvance(listener: (sequence: number) => void): () => void;
  reset(sequence: number): void;
  /** How many wait. */
  readonly waiting: () => number;
  /** True once the position has reached the sequence, false when the time is up before. */
  waitFor(sequence: number, timeoutMs: number): Promise<boolean>;
}

interface Waiter {
  readonly sequence: number;
  readonly wake: () => void;
}

export function projectionPosition(): ProjectionPosition {
  let position = 0;
  const waiters = new Set<Waiter>();
  const listeners = new Set<(sequence: number) => void>();
  return {
    current: () => position,
    waiting: () => waiters.size,
    reset(sequence) {
      position = sequence;
    },
    advance(sequence) {
      position = Math.max(position, sequence);
      for (const waiter of waiters) if (waiter.sequence <= position) waiter.wake();
      for (const listener of listeners) listener(position);
    },
    onAdvance(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    waitFor(sequence, timeoutMs) {
      if (sequence <= position) return Promise.resolve(true);
      return new Promise((resolve) => {
        const end = (reached: boolean) => {
          clearTimeout(timer);
          waiters.delete(waiter);
          resolve(reached);
        };
        const waiter = { sequence, wake: () => end(true) };
        const timer = setTimeout(() => end(false), timeoutMs);
        waiters.add(waiter);
      });
    },
  };
}
