import { expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { rateLimiter } from './rate-limit.ts';

const caller = (id: string, requestsPerSecond?: number): Caller => ({
  id,
  scopes: new Set(),
  requestsPerSecond,
});

test('a caller has one second’s worth at once, and then as much as comes in', () => {
  let now = 0;
  const take = rateLimiter(4, () => now);
  const ada = caller('ada');
  expect([take(ada), take(ada), take(ada), take(ada)]).toEqual([0, 0, 0, 0]);
  expect(take(ada)).toBeCloseTo(0.25);
  now += 249;
  expect(take(ada)).toBeCloseTo(0.001);
  now += 1;
  expect(take(ada)).toBe(0);
  expect(take(ada)).toBeGreaterThan(0);
  now += 3_600_000;
  expect(Array.from({ length: 5 }, () => take(ada) > 0)).toEqual([
    false,
    false,
    false,
    false,
    true,
  ]);
});

test('each caller has an own bucket, of an own size where it has a limit', () => {
  const take = rateLimiter(1, () => 0);
  expect(take(caller('ada'))).toBe(0);
  expect(take(caller('ada'))).toBe(1);
  expect(take(caller('bob'))).toBe(0);
  const quick = caller('quick', 3);
  expect([take(quick), take(quick), take(quick), take(quick) > 0]).toEqual([0, 0, 0, true]);
  const rare = caller('rare', 0.1);
  expect([take(rare), take(rare)]).toEqual([0, 10]);
});

test('without a limit nothing is counted', () => {
  const take = rateLimiter(0, () => 0);
  expect(Array.from({ length: 100 }, () => take(caller('ada')))).toEqual(Array(100).fill(0));
});
