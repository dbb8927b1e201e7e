import { after } from './account.ts';
import type { Account, FactOf, Rules } from './account.ts';
import type { CreateAccount, Deposit, Withdraw } from './commands.ts';
import { currencyOf, findCurrency } from './currency.ts';
import {
  accepted,
  blocksIncoming,
  blocksOutgoing,
  invalidAmount,
  lacks,
  overflows,
  refused,
} from './decision.ts';
import type { Decision } from './decision.ts';
import { toMinorUnits } from './money.ts';

/** Opening an account, and money that comes into the bank or leaves it. */

export function open({ ownerName, currency: code, initialBalance }: CreateAccount): Decision {
  const currency = findCurrency(code);
  if (currency === undefined) {
    return refused('invalid_request', `${code} is not an ISO 4217 currency code`, 'currency');
  }
  const amount = toMinorUnits(initialBalance, currency, 'zero');
  if (!amount.ok) return invalidAmount('initialBalance', amount.reason);
  return accepted({
    type: 'AccountCreated',
    ownerName,
    currency: currency.code,
    initialBalance: amount.value,
  });
}

export function deposit(account: Account, command: Deposit, rules: Rules): Decision {
  const amount = toMinorUnits(command.amount, currencyOf(account.currency));
  if (!amount.ok) return invalidAmount('amount', amount.reason);
  const obstacle = blocksIncoming(account, rules) ?? overflows(account, amount.value);
  if (obstacle !== undefined) return obstacle;
  return accepted({
    type: 'MoneyDeposited',
    amount: amount.value,
    ...after(account, { balance: account.balance + amount.value }),
    reference: command.reference ?? null,
  });
}

export function withdraw(account: Account, command: Withdraw): Decision {
  const amount = toMinorUnits(command.amount, currencyOf(account.currency));
  if (!amount.ok) return invalidAmount('amount', amount.reason);
  const obstacle = blocksOutgoing(account) ?? lacks(account, amount.value, 'amount');
  if (obstacle !== undefined) return obstacle;
  return accepted({
    type: 'MoneyWithdrawn',
    amount: amount.value,
    ...after(account, { balance: account.balance - amount.value }),
    reference: command.reference ?? null,
  });
}

export function afterCash(
  account: Account,
  event: FactOf<'MoneyDeposited' | 'MoneyWithdrawn'>,
): Account {
  const change = event.type === 'MoneyDeposited' ? event.amount : -event.amount;
  return { ...account, balance: account.balance + change };
}
