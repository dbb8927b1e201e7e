import { availableOf } from '../../account/account.ts';
import type { Account } from '../../account/account.ts';
import { currencyOf } from '../../account/currency.ts';
import { formatMoney } from '../../account/money.ts';

/** The account as commands answer it; `sequence` is that of the command's last event. */
export function accountView(account: Account, sequence: number) {
  const { accountId, ownerName, currency, status, version } = account;
  const money = (units: bigint) => formatMoney(units, currencyOf(currency));
  return {
    accountId,
    ownerName,
    currency,
    status,
    balance: money(account.balance),
    held: money(account.held),
    available: money(availableOf(account)),
    overdraftLimit: money(account.overdraftLimit),
    version,
    sequence,
  };
}
