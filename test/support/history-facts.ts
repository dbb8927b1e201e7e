import { after, availableOf } from '../../src/account/account.ts';
import type { Account, Hold } from '../../src/account/account.ts';
import type { AccountFact } from '../../src/account/events.ts';
import type { SeededRandom } from './random.ts';

const HIGHEST_AMOUNT = 100_000;

/** What happens next, and to which account. */
export interface NextFact {
  readonly accountId: string;
  readonly fact: AccountFact;
}

export function openingFact(random: SeededRandom): AccountFact {
  const initialBalance = random.below(4) === 0 ? 0n : amountOf(random);
  return { type: 'AccountCreated', ownerName: 'Grace Hopper', currency: 'USD', initialBalance };
}

/** Both sides of a transfer; undefined where the payer has not the money, or either may not. */
export function transferFacts(
  random: SeededRandom,
  from: Account,
  to: Account,
): [NextFact, NextFact] | undefined {
  const amount = amountOf(random);
  const allowed = from.status === 'open' && to.status === 'open' && from !== to;
  if (!allowed || amount > availableOf(from)) return undefined;
  const shared = { transferId: random.uuid(), amount, reference: referenceOf(random) };
  const sent = { ...shared, counterparty: to.accountId };
  const received = { ...shared, counterparty: from.accountId };
  return [
    {
      accountId: from.accountId,
      fact: { type: 'TransferSent', ...sent, ...after(from, { balance: from.balance - amount }) },
    },
    {
      accountId: to.accountId,
      fact: {
        type: 'TransferReceived',
        ...received,
        ...after(to, { balance: to.balance + amount }),
      },
    },
  ];
}

/** Of one account: mostly money in and out, now and then all else that can happen to it. */
export function nextFact(random: SeededRandom, account: Account, mayClose: boolean): AccountFact {
  const { balance, held, overdraftLimit, holds, status } = account;
  const amount = amountOf(random);
  const affordable = amount <= availableOf(account);
  const drawn = random.below(20);
  if (status === 'frozen' && drawn < 6) {
    return { type: 'AccountUnfrozen', reason: null, ...after(account, { status: 'open' }) };
  }
  if (status === 'frozen') return deposit(random, account, amount);
  if (mayClose && balance === 0n && held === 0n && drawn < 6) {
    return { type: 'AccountClosed', reason: null, ...after(account, { status: 'closed' }) };
  }
  switch (drawn) {
    case 0:
      return { type: 'AccountFrozen', reason: 'asked', ...after(account, { status: 'frozen' }) };
    case 1:
      return {
        ...{ type: 'OverdraftLimitSet', previousLimit: overdraftLimit },
        // Never below what is in use, nor below what was promised to holds.
        ...after(account, { overdraftLimit: overdraftLimit + amount }),
      };
    case 2:
      return { type: 'CommandRejected', ...REJECTION, ...after(account) };
    case 3:
    case 4:
      if (!affordable) break;
      return {
        ...{ type: 'HoldPlaced', holdId: random.uuid(), amount, expiresAt: null },
        ...{ reference: referenceOf(random), ...after(account, { held: held + amount }) },
      };
    case 5:
    case 6:
    case 7: {
      const [hold] = holds;
      if (hold === undefined) break;
      return drawn === 5 ? release(account, hold) : capture(random, account, hold);
    }
    case 8:
      if (balance <= 0n || held > 0n) break;
      return withdrawal(random, account, balance);
    case 9:
    case 10:
    case 11:
    case 12:
      if (affordable) return withdrawal(random, account, amount);
  }
  return deposit(random, account, amount);
}

const REJECTION = { code: 'insufficient_funds', detail: 'not enough', field: 'amount' } as const;

const deposit = (random: SeededRandom, account: Account, amount: bigint): AccountFact => ({
  ...{ type: 'MoneyDeposited', amount, reference: referenceOf(random) },
  ...after(account, { balance: account.balance + amount }),
});

const withdrawal = (random: SeededRandom, account: Account, amount: bigint): AccountFact => ({
  ...{ type: 'MoneyWithdrawn', amount, reference: referenceOf(random) },
  ...after(account, { balance: account.balance - amount }),
});

const release = (account: Account, { holdId, amount }: Hold): AccountFact => ({
  ...{ type: 'HoldReleased', holdId, amount, reason: 'requested' },
  ...after(account, { held: account.held - amount }),
});

/** The whole or a part of it. */
function capture(random: SeededRandom, account: Account, hold: Hold): AccountFact {
  const { holdId, reference } = hold;
  const amount = random.below(2) === 0 ? hold.amount : 1n;
  return {
    ...{ type: 'HoldCaptured', holdId, amount, released: hold.amount - amount, reference },
    ...after(account, { balance: account.balance - amount, held: account.held - hold.amount }),
  };
}

const amountOf = (random: SeededRandom): bigint => BigInt(1 + random.below(HIGHEST_AMOUNT));

const referenceOf = (random: SeededRandom): string | null =>
  random.below(3) === 0 ? `Invoice ${random.below(1_000)}` : null;
