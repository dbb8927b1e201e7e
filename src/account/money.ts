import type { Currency } from './currency.ts';

/** An amount of money in the currency's minor unit (cents for USD): always whole, always exact. */
export type MinorUnits = bigint;

/**
 * A decimal number exactly as somebody wrote it: `coefficient / 10^scale`.
 *
 * A request says "12.50" before anybody knows the account's currency, so an amount stays a decimal
 * until the account decides on it.
 */
export interface Decimal {
  readonly coefficient: bigint;
  /** Digits after the point; never negative, no trailing zeros counted. */
  readonly scale: number;
}

/** The largest amount of one command, in minor units: the largest integer every JSON reader keeps exact. */
export const MAX_AMOUNT: MinorUnits = 9_007_199_254_740_991n;

/** The largest balance, in minor units: what the log's `long` and the read model's Int64 can hold. */
export const MAX_BALANCE: MinorUnits = 9_223_372_036_854_775_807n;

/** No amount needs more digits or a larger exponent: beyond this a text is refused unread. */
const MAX_TEXT_LENGTH = 64;
const MAX_EXPONENT = 64;

const PLAIN_DECIMAL = /^-?\d+(?:\.\d+)?$/;
const JSON_NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

export type Parsed<T> = { readonly ok: true; readonly value: T } | Refusal;
export interface Refusal {
  readonly ok: false;
  /** A clause for people that completes "the amount ...". */
  readonly reason: string;
}

const refuse = (reason: string): Refusal => ({ ok: false, reason });

/** Reads a decimal string such as "12.50": no exponent, no sign other than "-", no spaces. */
export function parseDecimalString(text: string): Parsed<Decimal> {
  if (!PLAIN_DECIMAL.test(text)) return refuse('must be a decimal number such as "12.50"');
  return parseJsonNumber(text);
}

/**
 * Reads the source text of a JSON number, exponent included. The text, not the double it would
 * become: 0.1 stays one tenth and 9007199254740993 is not rounded.
 */
export function parseJsonNumber(source: string): Parsed<Decimal> {
  const match = JSON_NUMBER.exec(source);
  if (match === null) return refuse('must be a number');
  if (source.length > MAX_TEXT_LENGTH) return refuse('has too many digits');
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const digits = BigInt(whole + fraction);
  if (digits === 0n) return { ok: true, value: { coefficient: 0n, scale: 0 } };
  const exponent = Number(exponentText);
  if (exponent > MAX_EXPONENT) return refuse('is too large');
  if (exponent < -MAX_EXPONENT) return refuse('has too many decimals');
  const coefficient = sign === '-' ? -digits : digits;
  return { ok: true, value: normalise(coefficient, fraction.length - exponent) };
}

function normalise(coefficient: bigint, scale: number): Decimal {
  if (scale < 0) return { coefficient: coefficient * 10n ** BigInt(-scale), scale: 0 };
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n;
    scale -= 1;
  }
  return { coefficient, scale };
}

/**
 * The decimal in minor units of the currency, never rounded.
 * Refused: less than `least`, more decimals than the currency has, more than {@link MAX_AMOUNT}.
 */
export function toMinorUnits(
  amount: Decimal,
  currency: Currency,
  least: 'positive' | 'zero' = 'positive',
): Parsed<MinorUnits> {
  const { coefficient, scale } = amount;
  if (least === 'positive' && coefficient <= 0n) return refuse('must be more than 0');
  if (coefficient < 0n) return refuse('must be 0 or more');
  if (scale > currency.decimals) {
    return refuse(`must have at most ${currency.decimals} decimals in ${currency.code}`);
  }
  const units = coefficient * 10n ** BigInt(currency.decimals - scale);
  if (units > MAX_AMOUNT) {
    return refuse(`must be at most ${formatMoney(MAX_AMOUNT, currency)} ${currency.code}`);
  }
  return { ok: true, value: units };
}

/** Minor units as a decimal string with the currency's decimals: 130000n of USD is "1300.00". */
export function formatMoney(units: MinorUnits, currency: Currency): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(currency.decimals + 1, '0');
  const sign = negative ? '-' : '';
  if (currency.decimals === 0) return sign + digits;
  const point = digits.length - currency.decimals;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
