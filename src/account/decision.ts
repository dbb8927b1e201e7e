import { availableOf } from './account.ts';
import type { Account } from './account.ts';
import { currencyOf } from './currency.ts';
import type { DomainError } from './errors.ts';
import type { AccountFact } from './events.ts';
import { formatMoney, MAX_BALANCE } from './money.ts';
import type { MinorUnits } from './money.ts';

/** What a command does to an account, or why not. */
export type Decision = { readonly ok: true; readonly facts: readonly AccountFact[] } | Refused;

export interface Refused {
  readonly ok: false;
  readonly error: DomainError;
}

export const accepted = (...facts: AccountFact[]): Decision => ({ ok: true, facts });

export function refused(code: DomainError['code'], detail: string, field?: string): Refused {
  return { ok: false, error: { code, detail, ...(field !== undefined && { field }) } };
}

export const notFound = (): Refused =>
  refused('account_not_found', 'there is no account with this id');

export const invalidAmount = (field: string, reason: string): Refused =>
  refused('invalid_amount', `${field} ${reason}`, field);

/** Why nothing may be taken out of the account, or set aside on it, whatever the amount. */
export function blocksOutgoing({ status }: Account): Refused | undefined {
  if (status === 'closed') return closed();
  if (status === 'frozen')
    return refused('account_frozen', 'the account is frozen: nothing goes out');
  return undefined;
}

/** Why nothing may come into the account. */
export function blocksIncoming(
  { status }: Account,
  { frozenTakesMoney }: { readonly frozenTakesMoney: boolean },
): Refused | undefined {
  if (status === 'closed') return closed();
  if (status === 'frozen' && !frozenTakesMoney) {
    return refused('account_frozen', 'the account is frozen: nothing comes in');
  }
  return undefined;
}

export const closed = (): Refused => refused('account_closed', 'the account is closed');

/** Why the amount cannot be taken out or set aside; undefined where the account has it available. */
export function lacks(account: Account, amount: MinorUnits, field: string): Refused | undefined {
  const available = availableOf(account);
  if (available >= amount) return undefined;
  const currency = currencyOf(account.currency);
  const money = (units: MinorUnits) => `${formatMoney(units, currency)} ${currency.code}`;
  const { balance, held, overdraftLimit } = account;
  const has =
    available === balance
      ? `the balance of ${money(balance)}`
      : `what is available, ${money(available)} (balance ${money(balance)}, held ${money(held)}, ` +
        `overdraft limit ${money(overdraftLimit)}),`;
  return refused('insufficient_funds', `${has} does not cover ${money(amount)}`, field);
}

/** Why the amount cannot be added; undefined where it fits. */
export function overflows({ balance }: Account, amount: MinorUnits): Refused | undefined {
  if (balance + amount <= MAX_BALANCE) return undefined;
  return refused('balance_limit_exceeded', 'the balance would exceed the largest one possible');
}
