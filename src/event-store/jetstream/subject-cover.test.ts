import { expect, test } from 'vitest';
import { covers } from './subject-cover.ts';

test.each([
  ['bank.account.>', 'bank.account.>'],
  ['bank.account.>', 'bank.account.7.a'],
  ['bank.>', 'bank.account.>'],
  ['bank.>', 'bank.*.a'],
  ['bank.*.a', 'bank.account.a'],
  ['bank.*', 'bank.*'],
])('%s takes in all of %s', (wide, narrow) => expect(covers(wide, narrow)).toBe(true));

test.each([
  ['bank.account.>', 'bank.account'],
  ['bank.account.>', 'bank.>'],
  ['bank.account.*', 'bank.account.>'],
  ['bank.account.a', 'bank.account.*'],
  ['bank.*', 'bank.account.a'],
  ['bank.account.a', 'bank.account'],
])('%s does not take in all of %s', (wide, narrow) => expect(covers(wide, narrow)).toBe(false));
