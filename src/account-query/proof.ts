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
  /** Withdrawals and captured holds. */
  readonly withdrawn: MinorUnits;
  /** What came from other accounts, and what went to them. */
  readonly received: MinorUnits;
  readonly sent: MinorUnits;
  readonly balances: MinorUnits;
  /** What open holds have set aside. */
  readonly held: MinorUnits;
  /** How far all accounts below 0 are below it: 0 or more. */
  readonly overdrawn: MinorUnits;
  /**
   * The accounts that were beyond the position as they were added up, at most `MOST_AHEAD`: those with
   * the newest events.
   */
  readonly ahead: readonly SeenAccount[];
}

/** How far an account had come when it was added up. */
export interface SeenAccount {
  readonly accountId: string;
  readonly version: number;
  /** Stream sequence of its last event. */
  readonly sequence: number;
}

/** A sum over all accounts reads all of them; it is given up after so long, in milliseconds. */
export const PROOF_TIMEOUT_MS = 9_000;

/** Accounts of a currency beyond the position of which it is known how far they had come. */
export const MOST_AHEAD = 2_000;

const SUMS = ['deposited', 'withdrawn', 'received', 'sent', 'held'] as const;

type Sums = Readonly<Record<(typeof SUMS)[number] | 'balances' | 'below', Decimal128 | number>> & {
  readonly _id: string;
  /** A bigint from 2^31 on. */
  readonly accounts: number | bigint;
  readonly ahead: readonly Seen[];
};

interface Seen {
  readonly accountId: string;
  readonly version: number;
  readonly sequence: bigint;
}

/**
 * The sums of each currency. Every document carries its own totals, and is written as a whole, so they
 * agree at every moment, whichever accounts are being written meanwhile. As decimals of 34 digits the
 * sums neither overflow nor become doubles. `position` is a stream sequence up to which they have
 * every event.
 */
export async function proveMoney(
  accounts: Collection<AccountDocument>,
  position: number,
): Promise<readonly CurrencyProof[]> {
  // Most accounts have nothing of most of these, and a decimal costs more than looking.
  const sum = (value: string, counted: object = { $ne: [value, 0] }) => ({
    $sum: { $cond: [counted, { $toDecimal: value }, 0] },
  });
  const isAhead = { $gt: ['$sequence', BigInt(position)] };
  const group = {
    _id: '$currency',
    accounts: { $sum: 1 },
    ...Object.fromEntries(SUMS.map((field) => [field, sum(`$${field}`)])),
    balances: sum('$balance'),
    below: sum('$balance', { $lt: ['$balance', 0] }),
    // It leaves out null, and compares objects by their first member, the sequence.
    ahead: { $maxN: { n: MOST_AHEAD, input: { $cond: [isAhead, SEEN, null] } } },
  };
  const found = await accounts
    .aggregate<Sums>([{ $group: group }, { $sort: { _id: 1 } }], { maxTimeMS: PROOF_TIMEOUT_MS })
    .toArray();
  return found.map(({ _id, accounts: count, ahead, ...sums }) => ({
    currency: _id,
    accounts: Number(count),
    deposited: unitsOf(sums.deposited),
    withdrawn: unitsOf(sums.withdrawn),
    received: unitsOf(sums.received),
    sent: unitsOf(sums.sent),
    balances: unitsOf(sums.balances),
    held: unitsOf(sums.held),
    overdrawn: -unitsOf(sums.below),
    ahead: ahead.map(({ sequence, ...seen }) => ({ ...seen, sequence: Number(sequence) })),
  }));
}

const SEEN = { sequence: '$sequence', accountId: '$_id', version: '$version' };

const unitsOf = (sum: Decimal128 | number): MinorUnits => BigInt(sum.toString());

/**
 * Whether what came in less what went out is what is there. An account's totals are counted modulo
 * 2^64, so this is what their sums are compared by.
 */
export const addsUp = ({
  deposited,
  withdrawn,
  received,
  sent,
  balances,
}: CurrencyProof): boolean => isNothing(deposited - withdrawn + received - sent - balances);

/** Modulo 2^64. */
export const isNothing = (units: bigint): boolean => BigInt.asUintN(64, units) === 0n;
