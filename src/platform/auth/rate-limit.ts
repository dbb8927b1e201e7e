import { LRUCache } from 'lru-cache';
import type { Caller } from './caller.ts';

/** Callers whose buckets are kept; one that was forgotten has a full bucket again. */
const MOST_BUCKETS = 10_000;

interface Bucket {
  tokens: number;
  /** When the tokens were counted, in milliseconds of the clock. */
  at: number;
}

/** Seconds until the caller's next request is taken; 0 where this one is. */
export type TakeToken = (caller: Caller) => number;

/**
 * A token bucket a caller: it holds one second's worth of requests, at least one, and fills all the time.
 * Counts in this process only.
 * @param requestsPerSecond of callers that have none of their own; 0: no limit
 * @param now milliseconds, never backwards
 */
export function rateLimiter(
  requestsPerSecond: number,
  now: () => number = () => performance.now(),
): TakeToken {
  const buckets = new LRUCache<string, Bucket>({ max: MOST_BUCKETS });
  return (caller) => {
    const rate = caller.requestsPerSecond ?? requestsPerSecond;
    if (rate === 0) return 0;
    const size = Math.max(rate, 1);
    const at = now();
    const bucket = buckets.get(caller.id) ?? { tokens: size, at };
    bucket.tokens = Math.min(size, bucket.tokens + ((at - bucket.at) / 1_000) * rate);
    bucket.at = at;
    buckets.set(caller.id, bucket);
    if (bucket.tokens < 1) return (1 - bucket.tokens) / rate;
    bucket.tokens -= 1;
    return 0;
  };
}
