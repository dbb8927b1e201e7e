/**
 * How many retries a process may make, all accounts together: a bucket that fills at a steady rate.
 * When a fault hits every account at once, retries must not become the load that keeps it going.
 */
export interface RetryBudget {
  /** Takes one retry out of the budget; false when it is used up. */
  take(): boolean;
}

export interface RetryBudgetOptions {
  readonly perSecond: number;
  /** Retries that may come at once after a quiet time. */
  readonly burst: number;
}

/** `monotonic` is a clock in milliseconds. */
export function retryBudget(
  { perSecond, burst }: RetryBudgetOptions,
  monotonic: () => number,
): RetryBudget {
  let tokens = burst;
  let filledAt = monotonic();
  return {
    take() {
      const now = monotonic();
      tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * perSecond);
      filledAt = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
