import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from './message-of.ts';

/** Waits between tries grow from the first to the last, in milliseconds. */
const FIRST_WAIT_MS = 200;
const LAST_WAIT_MS = 3_000;

/**
 * Calls `attempt` until it succeeds, waiting longer each time. For a dependency that comes up late.
 * @throws the abort reason once `signal` is aborted.
 */
export async function retryForever<T>(
  attempt: () => Promise<T>,
  signal: AbortSignal,
  onFailure: (reason: string, waitMs: number) => void,
): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LAST_WAIT_MS)) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      onFailure(messageOf(error), waitMs);
      await sleep(waitMs, undefined, { signal });
    }
  }
}
