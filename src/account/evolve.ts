import type { Account } from './account.ts';
import { afterCash } from './cash.ts';
import { IntegrityError } from './errors.ts';
import { openedWith, STANDING, standingAfter } from './events.ts';
import type { AccountEvent, Standing } from './events.ts';
import { afterHold } from './holds.ts';
import { afterLifeCycle } from './life-cycle.ts';
import { afterTransfer } from './transfers.ts';

/**
 * The account after the event.
 * @throws IntegrityError when the event cannot follow: a skipped version, a standing that does not add up.
 */
export function evolve(account: Account | undefined, event: AccountEvent): Account {
  const expectedVersion = (account?.version ?? 0) + 1;
  if (event.version !== expectedVersion) {
    throw new IntegrityError(
      `account ${event.accountId}: version ${event.version} stands where ${expectedVersion} belongs`,
    );
  }
  const evolved = apply(account, event);
  const stated = standingAfter(event);
  for (const part of STANDING) {
    if (evolved[part] !== stated[part]) throw contradiction(event, part, evolved);
  }
  return evolved;
}

function apply(account: Account | undefined, event: AccountEvent): Account {
  const { version } = event;
  if (event.type === 'AccountCreated') {
    const { accountId, ownerName, currency, initialBalance } = event;
    return { accountId, ownerName, currency, ...openedWith(initialBalance), version, holds: [] };
  }
  if (account === undefined) {
    throw new IntegrityError(`account ${event.accountId}: ${event.type} before AccountCreated`);
  }
  switch (event.type) {
    case 'MoneyDeposited':
    case 'MoneyWithdrawn':
      return { ...afterCash(account, event), version };
    case 'TransferSent':
    case 'TransferReceived':
      return { ...afterTransfer(account, event), version };
    case 'HoldPlaced':
    case 'HoldCaptured':
    case 'HoldReleased':
      return { ...afterHold(account, event), version };
    case 'AccountFrozen':
    case 'AccountUnfrozen':
    case 'OverdraftLimitSet':
    case 'AccountClosed':
      return { ...afterLifeCycle(account, event), version };
    case 'CommandRejected':
      return { ...account, version };
  }
}

function contradiction(event: AccountEvent, part: keyof Standing, evolved: Account) {
  const unit = part === 'status' ? '' : ' minor units';
  return new IntegrityError(
    `account ${event.accountId}, version ${event.version}: the events add up to ` +
      `${evolved[part]}${unit}, the event says ${standingAfter(event)[part]} (${part})`,
  );
}
