import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;

/**
 * Asks again and again, with pauses growing from 5 to 100 milliseconds, until `probe` gives
 * something other than undefined; undefined after `timeoutMs`. What `probe` throws is passed on.
 */
export async function poll<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  timeoutMs: number,
): Promise<T | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const result = await probe();
    if (result !== undefined) return result;
    if (Date.now() >= deadline) return undefined;
    await sleep(pause);
  }
}
