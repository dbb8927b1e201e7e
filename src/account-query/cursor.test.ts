import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';

const QUERY = ['balance', 'USD'];

test('a cursor carries the values of its query', () => {
  const cursor = encodeCursor(QUERY, [0, 'a']);
  expect(decodeCursor(QUERY, cursor, 'number', 'string')).toEqual([0, 'a']);
});

test.each([-5, 0.5, 2 ** 53])('a cursor with the number %s is refused by its name', (number) => {
  const cursor = encodeCursor(QUERY, [number]);
  const errors = [expect.objectContaining({ pointer: '/cursor' }) as unknown];
  expect(() => decodeCursor(QUERY, cursor, 'number')).toThrow(
    expect.objectContaining({ code: 'invalid_request', errors }),
  );
});
