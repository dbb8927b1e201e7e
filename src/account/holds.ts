import { after } from './account.ts';
import type { Account, FactOf, Hold, Rules } from './account.ts';
import type { CaptureHold, ExpireHold, PlaceHold, ReleaseHold } from './commands.ts';
import { currencyOf } from './currency.ts';
import { accepted, blocksOutgoing, closed, invalidAmount, lacks, refused } from './decision.ts';
import type { Decision, Refused } from './decision.ts';
import { IntegrityError } from './errors.ts';
import { formatMoney, toMinorUnits } from './money.ts';

/** Money set aside on an account: placed, then captured, released or expired. */

/** Open holds of one account, at most: they are part of its state and of every snapshot. */
export const MAX_HOLDS = 200;

const DAY_MS = 24 * 60 * 60 * 1000;
export const MAX_HOLD_DAYS = 400;
/**
 * How far ahead a hold may end, in milliseconds: its timer stays with the server until then, also where
 * the hold was refused or has ended since.
 */
export const MAX_HOLD_MS = MAX_HOLD_DAYS * DAY_MS;

export function placeHold(account: Account, command: PlaceHold, { now }: Rules): Decision {
  const amount = toMinorUnits(command.amount, currencyOf(account.currency));
  if (!amount.ok) return invalidAmount('amount', amount.reason);
  const { holdId, expiresAt = null, reference = null } = command;
  if (expiresAt !== null && expiresAt <= now) {
    return refused('invalid_request', 'expiresAt must be in the future', 'expiresAt');
  }
  if (expiresAt !== null && expiresAt > now + MAX_HOLD_MS) {
    const detail = `expiresAt must be within ${MAX_HOLD_DAYS} days`;
    return refused('invalid_request', detail, 'expiresAt');
  }
  const obstacle = blocksOutgoing(account) ?? lacks(account, amount.value, 'amount');
  if (obstacle !== undefined) return obstacle;
  if (account.holds.length >= MAX_HOLDS) {
    return refused('too_many_holds', `the account has ${MAX_HOLDS} open holds already`);
  }
  return accepted({
    type: 'HoldPlaced',
    holdId,
    amount: amount.value,
    expiresAt,
    reference,
    ...after(account, { held: account.held + amount.value }),
  });
}

export function captureHold(account: Account, { holdId, amount }: CaptureHold): Decision {
  const obstacle = blocksOutgoing(account);
  if (obstacle !== undefined) return obstacle;
  const hold = findHold(account, holdId);
  if (hold === undefined) return noSuchHold(holdId);
  const currency = currencyOf(account.currency);
  const captured = amount === undefined ? undefined : toMinorUnits(amount, currency);
  if (captured?.ok === false) return invalidAmount('amount', captured.reason);
  const taken = captured?.value ?? hold.amount;
  if (taken > hold.amount) {
    const detail = `the hold is of ${formatMoney(hold.amount, currency)} ${currency.code}`;
    return refused('hold_exceeded', detail, 'amount');
  }
  return accepted({
    type: 'HoldCaptured',
    holdId,
    amount: taken,
    released: hold.amount - taken,
    reference: hold.reference,
    ...after(account, { balance: account.balance - taken, held: account.held - hold.amount }),
  });
}

/** Nothing leaves the account by it, so a frozen one releases too. */
export function releaseHold(account: Account, { holdId }: ReleaseHold): Decision {
  if (account.status === 'closed') return closed();
  const hold = findHold(account, holdId);
  return hold === undefined ? noSuchHold(holdId) : accepted(released(account, hold, 'requested'));
}

/**
 * By the timer's word, whatever the time is here. A timer is set before its hold is placed, so one may
 * fire that no hold came of, or one that ends at another time.
 */
export function expireHold(account: Account, { holdId, expiresAt }: ExpireHold): Decision {
  const hold = findHold(account, holdId);
  if (hold?.expiresAt !== expiresAt) return noSuchHold(holdId);
  return accepted(released(account, hold, 'expired'));
}

/**
 * The oldest hold of the account whose time is up: whoever touches the account next releases it, so a
 * timer that is late or lost takes nothing from the owner.
 */
export function nextExpired(account: Account, { now }: Rules): FactOf<'HoldReleased'> | undefined {
  const hold = account.holds.find(({ expiresAt }) => expiresAt !== null && expiresAt <= now);
  return hold && released(account, hold, 'expired');
}

const released = (
  account: Account,
  { holdId, amount }: Hold,
  reason: FactOf<'HoldReleased'>['reason'],
): FactOf<'HoldReleased'> => ({
  type: 'HoldReleased',
  holdId,
  amount,
  reason,
  ...after(account, { held: account.held - amount }),
});

const findHold = ({ holds }: Account, id: string): Hold | undefined =>
  holds.find(({ holdId }) => holdId === id);

const noSuchHold = (holdId: string): Refused =>
  refused(
    'hold_not_found',
    `the account has no open hold ${holdId}: it was captured, released, has expired, or never was`,
  );

export function afterHold(
  account: Account,
  event: FactOf<'HoldPlaced' | 'HoldCaptured' | 'HoldReleased'>,
): Account {
  if (event.type === 'HoldPlaced') {
    const { holdId, amount, expiresAt, reference } = event;
    const holds = [...account.holds, { holdId, amount, expiresAt, reference }];
    return { ...account, held: account.held + amount, holds };
  }
  const { holdId, amount } = event;
  const hold = findHold(account, holdId);
  const given = event.type === 'HoldCaptured' ? amount + event.released : amount;
  if (hold?.amount !== given) {
    throw new IntegrityError(
      `account ${account.accountId}: ${event.type} of no such hold ${holdId}`,
    );
  }
  const taken = event.type === 'HoldCaptured' ? amount : 0n;
  return {
    ...account,
    balance: account.balance - taken,
    held: account.held - given,
    holds: account.holds.filter((other) => other !== hold),
  };
}
