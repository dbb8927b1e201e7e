import { after } from './account.ts';
import type { Account, Rules } from './account.ts';
import { deposit, open, withdraw } from './cash.ts';
import type { AccountCommand } from './commands.ts';
import { notFound, refused } from './decision.ts';
import type { Decision } from './decision.ts';
import type { DomainError } from './errors.ts';
import type { AccountFact } from './events.ts';
import { captureHold, expireHold, placeHold, releaseHold } from './holds.ts';
import { close, freeze, setOverdraftLimit, unfreeze } from './life-cycle.ts';

/**
 * What the command does to the account, or why not. Pure; undefined is an account not yet created.
 * What concerns several accounts decides `transfer`.
 */
export function decide(
  account: Account | undefined,
  command: AccountCommand,
  rules: Rules,
): Decision {
  if (command.type === 'CreateAccount') {
    return account === undefined
      ? open(command)
      : refused('account_exists', 'the account exists already');
  }
  if (account === undefined) return notFound();
  switch (command.type) {
    case 'Deposit':
      return deposit(account, command, rules);
    case 'Withdraw':
      return withdraw(account, command);
    case 'PlaceHold':
      return placeHold(account, command, rules);
    case 'CaptureHold':
      return captureHold(account, command);
    case 'ReleaseHold':
      return releaseHold(account, command);
    case 'ExpireHold':
      return expireHold(account, command);
    case 'FreezeAccount':
      return freeze(account, command);
    case 'UnfreezeAccount':
      return unfreeze(account, command);
    case 'SetOverdraftLimit':
      return setOverdraftLimit(account, command);
    case 'CloseAccount':
      return close(account, command);
  }
}

/**
 * The fact that keeps a refused command refused, for the refusals that the state of accounts decides:
 * another state would have accepted it. Undefined where a retry may as well be decided again: the
 * request is at fault, or the account to remember it on is not there, or is closed and stays so.
 */
export function rejectionOf(
  account: Account | undefined,
  { code, detail, field }: DomainError,
): AccountFact | undefined {
  if (account === undefined || account.status === 'closed') return undefined;
  if (!STATE_DECIDES.has(code)) return undefined;
  return { type: 'CommandRejected', code, detail, field: field ?? null, ...after(account) };
}

const STATE_DECIDES: ReadonlySet<DomainError['code']> = new Set([
  'account_not_found',
  'insufficient_funds',
  'balance_limit_exceeded',
  'account_frozen',
  'account_not_frozen',
  'account_closed',
  'account_not_empty',
  'hold_not_found',
  'hold_exceeded',
  'too_many_holds',
  'overdraft_in_use',
]);
