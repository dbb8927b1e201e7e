import type { Collection, Decimal128 } from 'mongodb';
import type { MinorUnits } from '../account/money.ts';
import type { AccountDocument } from '../projections/accounts.ts';

/** The money of one currency, added up over all accounts, in minor units. */
export interface CurrencyProof {
  /** ISO 4217 code. */
  readonly currency: string;
  readonly accounts: number;
  /** Opening balances and deposits. */
  readonly deposited: MinorUnits;
  readonly withdrawn: MinorUnits;
  readonly balances: MinorUnits;
}

/** A sum over all accounts reads all of them; it is given up after so long, in milliseconds. */
export const PROOF_TIMEOUT_MS = 9_000;

interface Sums {
  readonly _id: string;
  /** A bigint from 2^31 on. */
  readonly accounts: number | bigint;
  readonly deposited: Decimal128;
  readonly withdrawn: Decimal128;
  readonly balances: Decimal128;
}

/**
 * The sums of each currency. Every document carries its own totals, and is written as a whole, so they
 * agree at every moment, whichever accounts are being written meanwhile. As decimals of 34 digits the
 * sums neither overflow nor become doubles.
 */
export async function proveMoney(
  accounts: Collection<AccountDocument>,
): Promise<readonly CurrencyProof[]> {
  const sum = (field: string) => ({ $sum: { $toDecimal: `$${field}` } });
  const totals = { deposited: sum('deposited'), withdrawn: sum('withdrawn') };
  const group = { _id: '$currency', accounts: { $sum: 1 }, ...totals, balances: sum('balance') };
  const found = await accounts
    .aggregate<Sums>([{ $group: group }, { $sort: { _id: 1 } }], { maxTimeMS: PROOF_TIMEOUT_MS })
    .toArray();
  return found.map(({ _id, accounts: count, deposited, withdrawn, balances }) => ({
    currency: _id,
    accounts: Number(count),
    deposited: unitsOf(deposited),
    withdrawn: unitsOf(withdrawn),
    balances: unitsOf(balances),
  }));
}

const unitsOf = (decimal: Decimal128): MinorUnits => BigInt(decimal.toString());
