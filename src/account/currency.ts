import currencyCodes from 'currency-codes';

/**
 * An ISO 4217 currency.
 *
 * `decimals` is the standard's minor unit: 2 for USD, 0 for JPY, 3 for BHD.
 */
export interface Currency {
  readonly code: string;
  readonly decimals: number;
}

const currencies: ReadonlyMap<string, Currency> = new Map(
  currencyCodes.data.map(({ code, digits }) => [code, { code, decimals: digits }]),
);

/** The currency of an ISO 4217 alphabetic code (upper case), or undefined when there is none. */
export function findCurrency(code: string): Currency | undefined {
  return currencies.get(code);
}

/**
 * The currency of a code that is known to be valid because it comes from the log.
 * @throws RangeError when it is not: the log was written by something else.
 */
export function currencyOf(code: string): Currency {
  const currency = currencies.get(code);
  if (currency === undefined) throw new RangeError(`${code} is not an ISO 4217 currency`);
  return currency;
}
