import { describe, expect, test } from 'vitest';
import { parseJsonBody } from './json-body.ts';

const parse = (text: string) => parseJsonBody(Buffer.from(text));
const invalid = (pointer?: string): unknown =>
  expect.objectContaining({
    code: 'invalid_request',
    ...(pointer !== undefined && { errors: [expect.objectContaining({ pointer })] }),
  });

test('the text of every number is kept under its place', () => {
  const { value, numbers } = parse(
    '{"amount":500.0,"legs":[{"a/b~c":1e2},[0.10,"3",null]],"a":[]}',
  );
  expect(value).toEqual({ amount: 500, legs: [{ 'a/b~c': 100 }, [0.1, '3', null]], a: [] });
  expect([...numbers]).toEqual([
    ['/amount', '500.0'],
    ['/legs/0/a~1b~0c', '1e2'],
    ['/legs/1/0', '0.10'],
  ]);
});

test('a number alone stands at the root', () => {
  expect([...parse('1.50').numbers]).toEqual([['', '1.50']]);
});

describe('a member that stands twice is refused:', () => {
  test.each([
    ['{"a":1,"a":1}', '/a'],
    ['{"a":1,"\\u0061":2}', '/a'],
    ['{"x":[{"y":1},{"y":1,"z":{"a/b":1,"a/b":2}}]}', '/x/1/z/a~1b'],
    ['{"a":{"b":1},"c":{"b":1},"a":2}', '/a'],
  ])('%s', (text, pointer) => {
    expect(() => parse(text)).toThrow(invalid(pointer));
  });

  test('not one of the same name in another object', () => {
    expect(parse('{"a":{"a":1},"b":[{"a":1},{"a":2}]}').numbers.size).toBe(3);
  });
});

/** The largest body that the services read, in bytes. */
const LARGEST = 16 * 1024;

describe('a body made to cost much', () => {
  const deep = (open: string, close: string, levels: number, inside: string) =>
    open.repeat(levels) + inside + close.repeat(levels);
  const numbersIn = (bytes: number) => `1${',1'.repeat(Math.floor((bytes - 1) / 2))}`;

  test('nested as deep as any schema needs is read', () => {
    expect(parse(deep('[', ']', 8, '1')).numbers.get('/0'.repeat(8))).toBe('1');
  });

  test.each([
    ['arrays', deep('[', ']', 9, '1')],
    ['objects', deep('{"a":', '}', 9, '1')],
    ['arrays around many numbers', deep('[', ']', 3_900, numbersIn(LARGEST - 7_800))],
    ['objects around many numbers', deep('{"":', '}', 1_600, `[${numbersIn(8_000)}]`)],
  ])('nested deeper, %s, is refused', (_, text) => {
    expect(text.length).toBeLessThanOrEqual(LARGEST);
    expect(() => parse(text)).toThrow(invalid());
  });

  test('with a name longer than any schema has is refused, not put before every number', () => {
    const text = `{"${'~'.repeat(LARGEST / 2)}":[${numbersIn(LARGEST / 2 - 7)}]}`;
    expect(() => parse(text)).toThrow(invalid());
  });
});
