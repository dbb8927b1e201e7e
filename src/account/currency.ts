/**
 * An ISO 4217 currency.
 *
 * `decimals` is the standard's minor unit: 2 for USD, 0 for JPY, 3 for BHD.
 */
export interface Currency {
  readonly code: string;
  readonly decimals: number;
}

/**
 * The currencies by their decimals. What the log's amounts mean depends on them, so entries are only
 * ever added: one that the standard withdraws, or gives other decimals, stays as it is here.
 */
const BY_DECIMALS: readonly (readonly [number, string])[] = [
  [
    0,
    'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XAG XAU XBA XBB XBC XBD XDR ' +
      'XOF XPD XPF XPT XSU XTS XUA XXX',
  ],
  [
    2,
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP ' +
      'BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR ' +
      'FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW ' +
      'KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN ' +
      'NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD ' +
      'SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS ' +
      'VED VES WST XCD XCG YER ZAR ZMW ZWG',
  ],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
];

const currencies: ReadonlyMap<string, Currency> = new Map(
  BY_DECIMALS.flatMap(([decimals, codes]) =>
    codes.split(' ').map((code) => [code, { code, decimals }] as const),
  ),
);

/** All that this release knows, by code. */
export const CURRENCIES: readonly Currency[] = [...currencies.values()];

/** The currency of an ISO 4217 alphabetic code (upper case), or undefined when there is none here. */
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
