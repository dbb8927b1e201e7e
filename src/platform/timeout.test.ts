import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TimeoutError, withStallTimeout } from './timeout.ts';

const LIMIT_MS = 100;
const wait = () => vi.advanceTimersByTimeAsync(LIMIT_MS - 1);

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('work with a limit on how long it makes no progress', () => {
  test('may take much longer in all, and leaves no timer', async () => {
    const work = async (onProgress: () => void) => {
      for (let step = 0; step < 5; step += 1) {
        await wait();
        onProgress();
      }
      return 'done';
    };
    expect(await withStallTimeout(work, LIMIT_MS)).toBe('done');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is given up where it makes none, and ends at its next sign of any', async () => {
    const stalls = Promise.withResolvers<undefined>();
    const end = Promise.withResolvers<unknown>();
    const work = async (onProgress: () => void) => {
      await stalls.promise;
      try {
        onProgress();
      } catch (error) {
        end.resolve(error);
      }
    };
    const outcome = expect(withStallTimeout(work, LIMIT_MS)).rejects.toThrow(TimeoutError);
    await vi.advanceTimersByTimeAsync(LIMIT_MS);
    await outcome;
    stalls.resolve(undefined);
    expect(await end.promise).toBeInstanceOf(TimeoutError);
  });

  test('that fails, fails, and leaves no timer', async () => {
    const work = () => Promise.reject(new Error('away'));
    await expect(withStallTimeout(work, LIMIT_MS)).rejects.toThrow('away');
    expect(vi.getTimerCount()).toBe(0);
  });
});
