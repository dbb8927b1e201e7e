import type { AccountFact, Standing } from './events.ts';
import type { MinorUnits } from './money.ts';

/** An account as its events tell it. Immutable: every event makes a new one. */
export interface Account extends Standing {
  readonly accountId: string;
  readonly ownerName: string;
  /** ISO 4217 code. */
  readonly currency: string;
  /** Version of the last event folded in. */
  readonly version: number;
  /** The open holds, oldest first; `held` is their sum. */
  readonly holds: readonly Hold[];
}

/** Money set aside until it is captured, released, or its time is up. */
export interface Hold {
  /** UUID. */
  readonly holdId: string;
  /** Minor units. */
  readonly amount: MinorUnits;
  /** Milliseconds since 1970 UTC; null for never. */
  readonly expiresAt: number | null;
  readonly reference: string | null;
}

/** What may be taken out or set aside, in minor units. Never negative: this is invariant I5. */
export const availableOf = ({ balance, held, overdraftLimit }: Standing): MinorUnits =>
  balance - held + overdraftLimit;

/** What the bank has decided, as the rules of accounts need it. */
export interface Rules {
  /** Milliseconds since 1970 UTC: holds that end by then have ended. */
  readonly now: number;
  /** Whether money may come into a frozen account. */
  readonly frozenTakesMoney: boolean;
}

/** The parts of a fact that every one after the opening has: how the account stands after a change. */
export function after(
  account: Account,
  change: Partial<Standing> = {},
): Standing & { readonly currency: string } {
  const { currency, balance, held, overdraftLimit, status } = account;
  return { currency, balance, held, overdraftLimit, status, ...change };
}

export type FactOf<T extends AccountFact['type']> = Extract<AccountFact, { readonly type: T }>;
