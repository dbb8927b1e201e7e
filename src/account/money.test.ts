import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { currencyOf, findCurrency } from './currency.ts';
import {
  formatMoney,
  MAX_AMOUNT,
  parseDecimalString,
  parseJsonNumber,
  toMinorUnits,
} from './money.ts';

const USD = currencyOf('USD');
const JPY = currencyOf('JPY');
const BHD = currencyOf('BHD');

function minorUnits(source: string, currency = USD) {
  const decimal = parseJsonNumber(source);
  return decimal.ok ? toMinorUnits(decimal.value, currency) : decimal;
}

describe('amounts of a request', () => {
  test.each([
    ['500.0', USD, 50_000n],
    ['0.01', USD, 1n],
    ['12.50', USD, 1_250n],
    ['1e2', USD, 10_000n],
    ['1.5E+1', USD, 1_500n],
    ['100e-2', USD, 100n],
    ['7', JPY, 7n],
    ['1.234', BHD, 1_234n],
    ['90071992547409.91', USD, MAX_AMOUNT],
  ])('%s is exact', (source, currency, expected) => {
    expect(minorUnits(source, currency)).toEqual({ ok: true, value: expected });
  });

  test.each([
    ['0', 'must be more than 0'],
    ['-0', 'must be more than 0'],
    ['0e999', 'must be more than 0'],
    ['-5', 'must be more than 0'],
    ['1.005', 'must have at most 2 decimals in USD'],
    ['1e-3', 'must have at most 2 decimals in USD'],
    ['1e400', 'is too large'],
    ['1e-400', 'has too many decimals'],
    ['90071992547409.92', 'must be at most 90071992547409.91 USD'],
    ['9'.repeat(65), 'has too many digits'],
    ['NaN', 'must be a number'],
  ])('%s is refused: %s', (source, reason) => {
    expect(minorUnits(source)).toEqual({ ok: false, reason });
  });

  test.each(['', ' 5', '5 ', '+5', '1e5', '.5', '5.', '0x10', '1,000', 'NaN', 'Infinity', '٣'])(
    'the text %j is no decimal string',
    (text) => {
      expect(parseDecimalString(text)).toMatchObject({ ok: false });
    },
  );

  test('2^53 + 1 is not rounded', () => {
    const decimal = parseJsonNumber('9007199254740993');
    expect(decimal).toEqual({ ok: true, value: { coefficient: 9007199254740993n, scale: 0 } });
  });

  test('an opening balance may be 0, and not less', () => {
    const zero = { coefficient: 0n, scale: 0 };
    expect(toMinorUnits(zero, USD, 'zero')).toEqual({ ok: true, value: 0n });
    expect(toMinorUnits({ coefficient: -1n, scale: 0 }, USD, 'zero')).toEqual({
      ok: false,
      reason: 'must be 0 or more',
    });
  });
});

describe('money for people', () => {
  test.each([
    [130_000n, USD, '1300.00'],
    [5n, USD, '0.05'],
    [0n, USD, '0.00'],
    [-1_250n, USD, '-12.50'],
    [1_000n, JPY, '1000'],
    [1n, BHD, '0.001'],
  ])('%s minor units of %o', (units, currency, expected) => {
    expect(formatMoney(units, currency)).toBe(expected);
  });

  test('what is written is read back exactly, in every number of decimals', () => {
    const currencies = fc.constantFrom(USD, JPY, BHD, currencyOf('CLF'));
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: MAX_AMOUNT }), currencies, (units, currency) => {
        const decimal = parseDecimalString(formatMoney(units, currency));
        expect(decimal.ok && toMinorUnits(decimal.value, currency)).toEqual({
          ok: true,
          value: units,
        });
      }),
    );
  });
});

test('currencies are those of ISO 4217', () => {
  expect(findCurrency('USD')).toEqual({ code: 'USD', decimals: 2 });
  expect(findCurrency('KWD')).toEqual({ code: 'KWD', decimals: 3 });
  expect(findCurrency('usd')).toBeUndefined();
  expect(findCurrency('DOGE')).toBeUndefined();
});
