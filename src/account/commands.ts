import type { Decimal } from './money.ts';

/** What a client may ask of an account. Amounts are still decimals: the account knows its currency. */
export type AccountCommand =
  | CreateAccount
  | Deposit
  | Withdraw
  | PlaceHold
  | CaptureHold
  | ReleaseHold
  | ExpireHold
  | FreezeAccount
  | UnfreezeAccount
  | SetOverdraftLimit
  | CloseAccount;

/** What a client may ask of one account, or of several at once. */
export type Command = AccountCommand | Transfer;

export interface CreateAccount {
  readonly type: 'CreateAccount';
  readonly ownerName: string;
  /** ISO 4217 code. */
  readonly currency: string;
  readonly initialBalance: Decimal;
}

export interface Deposit {
  readonly type: 'Deposit';
  readonly amount: Decimal;
  /** What it is for, 1 to 140 characters. Absent where the client said nothing, also for the hash. */
  readonly reference?: string;
}

export interface Withdraw {
  readonly type: 'Withdraw';
  readonly amount: Decimal;
  readonly reference?: string;
}

/** Money from accounts to accounts, all or nothing. */
export interface Transfer {
  readonly type: 'Transfer';
  /** UUID. */
  readonly transferId: string;
  /** 1 to {@link MAX_LEGS}, taken in order; an account may be in several. */
  readonly legs: readonly TransferLeg[];
  readonly reference?: string;
}

export interface TransferLeg {
  readonly from: string;
  readonly to: string;
  readonly amount: Decimal;
}

/** Legs of one transfer, at most: with both sides of each it stays one small atomic batch. */
export const MAX_LEGS = 50;

export interface PlaceHold {
  readonly type: 'PlaceHold';
  /** UUID of the hold to be. */
  readonly holdId: string;
  readonly amount: Decimal;
  /** Milliseconds since 1970 UTC. */
  readonly expiresAt?: number;
  readonly reference?: string;
}

export interface CaptureHold {
  readonly type: 'CaptureHold';
  readonly holdId: string;
  /** Absent for all of it. */
  readonly amount?: Decimal;
}

export interface ReleaseHold {
  readonly type: 'ReleaseHold';
  readonly holdId: string;
}

/** What the hold's timer asks for when its time has come, by the clock of the server. */
export interface ExpireHold {
  readonly type: 'ExpireHold';
  readonly holdId: string;
  /** What the timer was set for: it is of no other hold, nor of one with another end. */
  readonly expiresAt: number;
}

export interface FreezeAccount {
  readonly type: 'FreezeAccount';
  readonly reason: string;
}

export interface UnfreezeAccount {
  readonly type: 'UnfreezeAccount';
  readonly reason?: string;
}

export interface SetOverdraftLimit {
  readonly type: 'SetOverdraftLimit';
  readonly limit: Decimal;
}

export interface CloseAccount {
  readonly type: 'CloseAccount';
  readonly reason?: string;
}
