import { hash } from 'node:crypto';
import published from 'currency-codes';
import { expect, test } from 'vitest';
import { CURRENCIES, findCurrency } from './currency.ts';

test('no entry is changed or taken out: the amounts in the log would mean something else', () => {
  const known = CURRENCIES.map(({ code, decimals }) => `${code}:${decimals}`).sort();
  // Where entries were added, and nothing else, both are new; the README says the number too.
  expect(known).toHaveLength(180);
  expect(hash('sha256', known.join(' '), 'hex').slice(0, 16)).toBe('f4188fa6bc612d1f');
});

test('what the standard’s list has, as the package gives it, is here with the same decimals', () => {
  const toDo = published.data.flatMap(({ code, digits }) => {
    const decimals = findCurrency(code)?.decimals;
    if (decimals === undefined) return [`add ${code} with ${digits} decimals`];
    if (decimals !== digits) return [`${code} has ${digits} there: it keeps ${decimals} here`];
    return [];
  });
  expect(toDo).toEqual([]);
});

test('a currency that is newer than that list is here, and none that was withdrawn before it', () => {
  expect(findCurrency('XCG')).toEqual({ code: 'XCG', decimals: 2 });
  expect(['HRK', 'ZWL'].map(findCurrency)).toEqual([undefined, undefined]);
});
