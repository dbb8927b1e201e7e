import { availableOf } from '../../account/account.ts';
import { currencyOf } from '../../account/currency.ts';
import { formatMoney } from '../../account/money.ts';
import type { AccountDocument } from '../../projections/accounts.ts';
import type { TransactionDocument } from '../../projections/transactions.ts';
import type { PastAccount } from '../past-account.ts';
import { addsUp } from '../proof.ts';
import type { CurrencyProof } from '../proof.ts';
import type { TransferProof } from '../transfers-agree.ts';

/** An account without the totals of what moved, which nobody is shown. */
type ShownAccount = Omit<AccountDocument, 'deposited' | 'withdrawn' | 'received' | 'sent'>;

export function accountView(document: ShownAccount) {
  const { _id, ownerName, currency, status, version, sequence, createdAt, updatedAt } = document;
  const money = (units: bigint) => formatMoney(units, currencyOf(currency));
  return {
    accountId: _id,
    ownerName,
    currency,
    status,
    balance: money(document.balance),
    held: money(document.held),
    available: money(availableOf(document)),
    overdraftLimit: money(document.overdraftLimit),
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
  const { currency, accounts } = proof;
  const money = (units: bigint) => formatMoney(units, currencyOf(currency));
  return {
    currency,
    accounts,
    deposited: money(proof.deposited),
    withdrawn: money(proof.withdrawn),
    received: money(proof.received),
    sent: money(proof.sent),
    balances: money(proof.balances),
    held: money(proof.held),
    overdrawn: money(proof.overdrawn),
    agrees: addsUp(proof),
  };
}

export function transferProofView(proof: TransferProof) {
  if (proof.kind === 'not_compared') return { compared: false, sequence: null, agrees: null };
  const { sequence, agrees } = proof;
  return { compared: true, sequence, agrees };
}

export function transactionView(document: TransactionDocument) {
  const { accountId, version, sequence, type, amount, balance, currency, reference, at } = document;
  const { counterparty = null, transferId = null, holdId = null } = document;
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
    counterparty,
    transferId,
    holdId,
  };
}
