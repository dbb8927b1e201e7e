import type { AccountCommand } from './commands.ts';
import { currencyOf, findCurrency } from './currency.ts';
import type { DomainError } from './errors.ts';
import { IntegrityError } from './errors.ts';
import type { AccountEvent, AccountFact } from './events.ts';
import { formatMoney, MAX_BALANCE, toMinorUnits } from './money.ts';
import type { Decimal, MinorUnits } from './money.ts';

/** An account as its events tell it. Immutable: every event makes a new one. */
export interface Account {
  readonly accountId: string;
  readonly ownerName: string;
  /** ISO 4217 code. */
  readonly currency: string;
  readonly balance: MinorUnits;
  /** Version of the last event folded in. */
  readonly version: number;
}

export type Decision =
  | { readonly ok: true; readonly facts: readonly AccountFact[] }
  | { readonly ok: false; readonly error: DomainError };

/** What the command does to the account, or why not. Pure; undefined is an account not yet created. */
export function decide(account: Account | undefined, command: AccountCommand): Decision {
  switch (command.type) {
    case 'CreateAccount': {
      if (account !== undefined) return refused('account_exists', 'the account exists already');
      const currency = findCurrency(command.currency);
      if (currency === undefined) {
        const detail = `${command.currency} is not an ISO 4217 currency code`;
        return refused('invalid_request', detail, 'currency');
      }
      const initialBalance = toMinorUnits(command.initialBalance, currency, 'zero');
      if (!initialBalance.ok) return invalidAmount('initialBalance', initialBalance.reason);
      return accepted({
        type: 'AccountCreated',
        ownerName: command.ownerName,
        currency: currency.code,
        initialBalance: initialBalance.value,
      });
    }
    case 'Deposit': {
      if (account === undefined) return notFound();
      const amount = amountIn(account, command.amount);
      if (!amount.ok) return invalidAmount('amount', amount.reason);
      const balance = account.balance + amount.value;
      if (balance > MAX_BALANCE) {
        return refused(
          'balance_limit_exceeded',
          'the balance would exceed the largest one possible',
        );
      }
      const { currency } = account;
      const { reference = null } = command;
      return accepted({
        type: 'MoneyDeposited',
        amount: amount.value,
        currency,
        balance,
        reference,
      });
    }
    case 'Withdraw': {
      if (account === undefined) return notFound();
      const amount = amountIn(account, command.amount);
      if (!amount.ok) return invalidAmount('amount', amount.reason);
      const balance = account.balance - amount.value;
      if (balance < 0n) return insufficientFunds(account, amount.value);
      const { currency } = account;
      const { reference = null } = command;
      return accepted({
        type: 'MoneyWithdrawn',
        amount: amount.value,
        currency,
        balance,
        reference,
      });
    }
  }
}

/**
 * The fact that keeps a refused command refused, for the refusals that the account's state decides:
 * another state would have accepted it. Undefined where a retry may as well be decided again.
 */
export function rejectionOf(
  account: Account | undefined,
  { code, detail, field }: DomainError,
): AccountFact | undefined {
  if (account === undefined || !STATE_DECIDES.has(code)) return undefined;
  const { currency, balance } = account;
  return { type: 'CommandRejected', code, detail, field: field ?? null, currency, balance };
}

const STATE_DECIDES: ReadonlySet<DomainError['code']> = new Set([
  'insufficient_funds',
  'balance_limit_exceeded',
]);

/**
 * The account after the event.
 * @throws IntegrityError when the event cannot follow: a skipped version, a balance that does not add up.
 */
export function evolve(account: Account | undefined, event: AccountEvent): Account {
  const expectedVersion = (account?.version ?? 0) + 1;
  if (event.version !== expectedVersion) {
    throw new IntegrityError(
      `account ${event.accountId}: version ${event.version} stands where ${expectedVersion} belongs`,
    );
  }
  switch (event.type) {
    case 'AccountCreated':
      return {
        accountId: event.accountId,
        ownerName: event.ownerName,
        currency: event.currency,
        balance: event.initialBalance,
        version: event.version,
      };
    case 'MoneyDeposited':
      return moved(existing(account, event), event.amount, event);
    case 'MoneyWithdrawn':
      return moved(existing(account, event), -event.amount, event);
    case 'CommandRejected':
      return moved(existing(account, event), 0n, event);
  }
}

function moved(
  account: Account,
  change: MinorUnits,
  event: AccountEvent & { readonly balance: MinorUnits },
): Account {
  const balance = account.balance + change;
  if (balance !== event.balance) {
    throw new IntegrityError(
      `account ${event.accountId}, version ${event.version}: ` +
        `the events add up to ${balance} minor units, the event says ${event.balance}`,
    );
  }
  return { ...account, balance, version: event.version };
}

function existing(account: Account | undefined, event: AccountEvent): Account {
  if (account !== undefined) return account;
  throw new IntegrityError(`account ${event.accountId}: ${event.type} before AccountCreated`);
}

const amountIn = (account: Account, amount: Decimal) =>
  toMinorUnits(amount, currencyOf(account.currency));

const accepted = (...facts: AccountFact[]): Decision => ({ ok: true, facts });

function refused(code: DomainError['code'], detail: string, field?: string): Decision {
  return { ok: false, error: { code, detail, ...(field !== undefined && { field }) } };
}

const notFound = () => refused('account_not_found', 'there is no account with this id');

const invalidAmount = (field: string, reason: string) =>
  refused('invalid_amount', `${field} ${reason}`, field);

function insufficientFunds(account: Account, amount: MinorUnits): Decision {
  const currency = currencyOf(account.currency);
  const money = (units: MinorUnits) => `${formatMoney(units, currency)} ${currency.code}`;
  const detail = `the balance of ${money(account.balance)} does not cover ${money(amount)}`;
  return refused('insufficient_funds', detail, 'amount');
}
