import { randomUUID } from 'node:crypto';
import { standingAfter } from '../../src/account/events.ts';
import type { AccountEvent, RecordedEvent } from '../../src/account/events.ts';
import { applyRecorded } from '../../src/account/record.ts';
import type { AccountRecord } from '../../src/account/record.ts';
import type { AccountWrite } from '../../src/event-store/event-store.ts';

const OPENING_BALANCE = 1_000n;

/** Version 1 of an account: opened in USD with 10.00, by a command without a key. */
export function opening(accountId: string, more: Partial<AccountEvent> = {}): AccountEvent {
  const event = {
    type: 'AccountCreated',
    ownerName: 'Ada Lovelace',
    currency: 'USD',
    initialBalance: OPENING_BALANCE,
    ...base(accountId, 1),
  };
  return { ...event, ...more } as AccountEvent;
}

/** The deposit that follows the event; `amount` is in minor units. */
export function depositAfter(
  before: AccountEvent,
  amount = 1n,
  more: Partial<AccountEvent> = {},
): AccountEvent {
  const { accountId, currency, version } = before;
  const event = {
    type: 'MoneyDeposited',
    amount,
    currency,
    ...standingAfter(before),
    balance: balanceAfter(before) + amount,
    reference: null,
    ...base(accountId, version + 1),
  };
  return { ...event, ...more } as AccountEvent;
}

/** So many events from version 1 on: an opening and deposits of 0.01. */
export function historyOf(accountId: string, events: number): [AccountEvent, ...AccountEvent[]] {
  const history: [AccountEvent, ...AccountEvent[]] = [opening(accountId)];
  let last: AccountEvent = history[0];
  while (history.length < events) {
    last = depositAfter(last);
    history.push(last);
  }
  return history;
}

/** Minor units. */
export const balanceAfter = (event: AccountEvent): bigint => standingAfter(event).balance;

/** What the event adds to its account's balance, in minor units. */
export function changeOf(event: AccountEvent): bigint {
  switch (event.type) {
    case 'AccountCreated':
      return event.initialBalance;
    case 'MoneyDeposited':
    case 'TransferReceived':
      return event.amount;
    case 'MoneyWithdrawn':
    case 'TransferSent':
    case 'HoldCaptured':
      return -event.amount;
    case 'HoldPlaced':
    case 'HoldReleased':
    case 'AccountFrozen':
    case 'AccountUnfrozen':
    case 'OverdraftLimitSet':
    case 'AccountClosed':
    case 'CommandRejected':
      return 0n;
  }
}

export const writeOf = (
  accountId: string,
  expectedSequence: number,
  ...events: readonly AccountEvent[]
): AccountWrite => ({ accountId, expectedSequence, events: events.map((event) => ({ event })) });

/** The account after these events of it. */
export function recordOf(recorded: Iterable<RecordedEvent>): AccountRecord {
  let record: AccountRecord | undefined;
  for (const next of recorded) record = applyRecorded(record, next);
  if (record === undefined) throw new RangeError('an account has at least one event');
  return record;
}

function base(accountId: string, version: number) {
  return {
    eventId: randomUUID(),
    accountId,
    version,
    occurredAt: Date.now(),
    commandId: randomUUID(),
    commandHash: null,
  };
}
