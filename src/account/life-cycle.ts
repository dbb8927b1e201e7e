import { after } from './account.ts';
import type { Account, FactOf } from './account.ts';
import type {
  CloseAccount,
  FreezeAccount,
  SetOverdraftLimit,
  UnfreezeAccount,
} from './commands.ts';
import { currencyOf } from './currency.ts';
import { accepted, closed, refused } from './decision.ts';
import type { Decision } from './decision.ts';
import { formatMoney, toMinorUnits } from './money.ts';

/** The life of an account: open, frozen and open again, closed for ever; and how far it may go below 0. */

export function freeze(account: Account, { reason }: FreezeAccount): Decision {
  if (account.status === 'closed') return closed();
  if (account.status === 'frozen')
    return refused('account_frozen', 'the account is frozen already');
  return accepted({ type: 'AccountFrozen', reason, ...after(account, { status: 'frozen' }) });
}

export function unfreeze(account: Account, command: UnfreezeAccount): Decision {
  if (account.status === 'closed') return closed();
  if (account.status === 'open') return refused('account_not_frozen', 'the account is not frozen');
  const { reason = null } = command;
  return accepted({ type: 'AccountUnfrozen', reason, ...after(account, { status: 'open' }) });
}

/** 0 takes the overdraft away. Not below what of it is in use, holds included. */
export function setOverdraftLimit(account: Account, { limit }: SetOverdraftLimit): Decision {
  if (account.status === 'closed') return closed();
  const currency = currencyOf(account.currency);
  const parsed = toMinorUnits(limit, currency, 'zero');
  if (!parsed.ok) return refused('invalid_amount', `limit ${parsed.reason}`, 'limit');
  const overdraftLimit = parsed.value;
  const inUse = account.held - account.balance;
  if (inUse > overdraftLimit) {
    const detail = `${formatMoney(inUse, currency)} ${currency.code} of the overdraft are in use`;
    return refused('overdraft_in_use', detail, 'limit');
  }
  const previousLimit = account.overdraftLimit;
  return accepted({
    type: 'OverdraftLimitSet',
    previousLimit,
    ...after(account, { overdraftLimit }),
  });
}

/** Only an account with nothing in it, owed or held; a frozen one is unfrozen first. */
export function close(account: Account, command: CloseAccount): Decision {
  if (account.status === 'closed') return closed();
  if (account.status === 'frozen') {
    return refused('account_frozen', 'the account is frozen: unfreeze it before it is closed');
  }
  const { balance, holds } = account;
  if (balance !== 0n || holds.length > 0) {
    const currency = currencyOf(account.currency);
    const has = `a balance of ${formatMoney(balance, currency)} ${currency.code} and ${holds.length} open holds`;
    return refused('account_not_empty', `the account has ${has}`);
  }
  const { reason = null } = command;
  return accepted({ type: 'AccountClosed', reason, ...after(account, { status: 'closed' }) });
}

export function afterLifeCycle(
  account: Account,
  event: FactOf<'AccountFrozen' | 'AccountUnfrozen' | 'OverdraftLimitSet' | 'AccountClosed'>,
): Account {
  switch (event.type) {
    case 'AccountFrozen':
      return { ...account, status: 'frozen' };
    case 'AccountUnfrozen':
      return { ...account, status: 'open' };
    case 'AccountClosed':
      return { ...account, status: 'closed' };
    case 'OverdraftLimitSet':
      return { ...account, overdraftLimit: event.overdraftLimit };
  }
}
