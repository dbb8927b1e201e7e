import { setTimeout as sleep } from 'node:timers/promises';

const DEFAULT_TIMEOUT_MS = 5_000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

export interface EventuallyOptions {
  /** Milliseconds until the wait is given up. Default 5000. */
  readonly timeoutMs?: number;
  /** What is waited for, for the failure's message. */
  readonly what?: string;
}

/** What is left of the condition's type once it is met. */
type Met<T> = Exclude<T, false | null>;

/**
 * Asks again and again until `condition` neither throws nor gives false or null, and returns what it
 * gave. So both kinds work: `eventually(() => seen.length === 3)` and
 * `eventually(async () => expect(await balance()).toBe('10.00'))`. Undefined ends the wait, as that
 * is what an assertion gives: write `seen.find(...) ?? null` where it means "not yet".
 * Fails with what was thrown last, or with what was given last.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<Met<T>> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, what = 'the condition' } = options;
  const deadline = Date.now() + timeoutMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const attempt = await tried(condition);
    if (attempt.met) return attempt.value;
    if (Date.now() >= deadline) {
      const message = `${what} was not met within ${timeoutMs} ms: ${attempt.reason}`;
      throw new Error(message, { cause: attempt.cause });
    }
    await sleep(pause);
  }
}

type Attempt<T> =
  | { readonly met: true; readonly value: T }
  | { readonly met: false; readonly reason: string; readonly cause: unknown };

async function tried<T>(condition: () => T | Promise<T>): Promise<Attempt<Met<T>>> {
  try {
    const value = await condition();
    if (value !== false && value !== null) {
      return { met: true, value: value as Met<T> };
    }
    return { met: false, reason: `it gave ${String(value)}`, cause: undefined };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { met: false, reason, cause: error };
  }
}
