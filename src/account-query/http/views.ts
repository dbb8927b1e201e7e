import { currencyOf } from '../../account/currency.ts';
import { formatMoney } from '../../account/money.ts';
import type { AccountDocument } from '../../projections/accounts.ts';
import type { TransactionDocument } from '../../projections/transactions.ts';
import type { CurrencyProof } from '../proof.ts';
import type { PastAccount } from '../past-account.ts';

export function accountView(document: Omit<AccountDocument, 'deposited' | 'withdrawn'>) {
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

export function pastAccountView({ account, sequence, createdAt, updatedAt }: PastAccount) {
  return accountView({
    ...account,
    _id: account.accountId,
    sequence: BigInt(sequence),
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
  });
}

export function currencyProofView(proof: CurrencyProof) {
  const { currency, accounts, deposited, withdrawn, balances } = proof;
  const money = currencyOf(currency);
  return {
    currency,
    accounts,
    deposited: formatMoney(deposited, money),
    withdrawn: formatMoney(withdrawn, money),
    balances: formatMoney(balances, money),
    agrees: deposited - withdrawn === balances,
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
