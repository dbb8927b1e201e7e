import { describe, expect, test } from 'vitest';
import { readTime } from './read-time.ts';

test.each([
  ['2026-11-22T18:59:34Z', '2026-11-22T18:59:34.000Z'],
  ['2026-11-22t18:59:34.5z', '2026-11-22T18:59:34.500Z'],
  ['2026-11-22T18:59:34.277+02:00', '2026-11-22T16:59:34.277Z'],
  ['2024-02-29T00:00:00-00:30', '2024-02-29T00:30:00.000Z'],
])('%s is %s', (text, time) => {
  expect(readTime('from', text, 'up').toISOString()).toBe(time);
  expect(readTime('from', text, 'down').toISOString()).toBe(time);
});

test('a time between two milliseconds is the one above or below', () => {
  const text = '2026-11-22T18:59:34.277000001Z';
  expect(readTime('from', text, 'up').getUTCMilliseconds()).toBe(278);
  expect(readTime('asOf', text, 'down').getUTCMilliseconds()).toBe(277);
});

describe('no time', () => {
  test.each([
    ...['', 'now', '1', '2026-11-22', '2026-11-22T18:59Z', '2026-11-22T18:59:34'],
    ...['2026-11-22 18:59:34Z', '2026-11-22T18:59:34 02:00', '2026-11-22T24:00:00Z'],
    ...['2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2025-02-29T00:00:00Z'],
    ...['2026-11-22T18:59:60Z', '2026-11-22T18:59:34.Z', '+002026-11-22T18:59:34Z'],
  ])('%j', (text) => {
    expect(() => readTime('from', text, 'up')).toThrow(/^from /);
  });
});
