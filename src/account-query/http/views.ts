import { currencyOf } from '../../account/currency.ts';
import { formatMoney } from '../../account/money.ts';
import type { AccountDocument } from '../../projections/accounts.ts';
import type { TransactionDocument } from '../../projections/transactions.ts';

export function accountView(document: AccountDocument) {
  const { _id, ownerName, currency, balance, version, sequence, createdAt, updatedAt } = document;
  return {
    accountId: _id,
    ownerName,
    currency,
    balance: formatMoney(balance, currencyOf(currency)),
    version,
    sequence: Number(sequence),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

export function transactionView(document: TransactionDocument) {
  const { accountId, version, sequence, type, amount, balance, currency, reference, at } = document;
  const money = currencyOf(currency);
  return {
    accountId,
    version,
    sequence: Number(sequence),
    type,
    amount: formatMoney(amount, money),
    balance: formatMoney(balance, money),
    currency,
    reference: reference ?? null,
    at: at.toISOString(),
  };
}
