import { expect, test } from 'vitest';
import { isAccountId, shardOf, subjectOf } from './subjects.ts';

test.each([
  // FNV-1a 32 of the text, as published by its authors, modulo 32.
  ['', 0x811c9dc5 % 32],
  ['a', 0xe40c292c % 32],
  ['foobar', 0xbf9cf968 % 32],
])('the shard of %j is FNV-1a modulo 32', (text, shard) => {
  expect(shardOf(text)).toBe(shard);
});

test.each([
  '*',
  '>',
  'a.b',
  '',
  ' ',
  '../x',
  '6F1C1C52-4A34-4C0E-9F5A-0D2F4F3F8A10',
  'x'.repeat(36),
])('%j never reaches a subject', (text) => {
  expect(isAccountId(text)).toBe(false);
  expect(() => subjectOf(text)).toThrow(RangeError);
});
