import type { Decimal } from './money.ts';

/** What a client may ask of an account. Amounts are still decimals: the account knows its currency. */
export type AccountCommand = CreateAccount | Deposit | Withdraw;

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
