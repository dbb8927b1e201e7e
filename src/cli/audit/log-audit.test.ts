import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AccountEvent } from '../../account/events.ts';
import type { LogEntry } from '../../event-store/log-entry.ts';
import { depositAfter, historyOf, opening } from '../../../test/support/account-events.ts';
import { logAudit } from './log-audit.ts';

const A = '3f0c54d6-1111-4111-8111-0f3b6a3a0a01';
const B = '3f0c54d6-2222-4222-8222-0f3b6a3a0a02';
const KEYED = { commandId: 'rent', commandHash: 'the request' };

const [openedA, secondA, thirdA] = historyOf(A, 3) as [AccountEvent, AccountEvent, AccountEvent];
const openedB = opening(B);

/** What becomes of both accounts when A (at version 1) sends to B (at version 1). */
function leg(amount: bigint, more: object = {}): [AccountEvent, AccountEvent] {
  const shared = { transferId: randomUUID(), amount, ...more };
  const sent = depositAfter(openedA, -amount, { ...shared, counterparty: B });
  const received = depositAfter(openedB, amount, { ...shared, counterparty: A });
  return [
    { ...sent, type: 'TransferSent', amount } as AccountEvent,
    { ...received, type: 'TransferReceived' } as AccountEvent,
  ];
}
const [sent, received] = leg(10n);

/** The events as entries 1, 2, 3 ... of the log; undefined leaves its sequence out. */
const entries = (events: readonly (AccountEvent | Error | undefined)[]): LogEntry[] =>
  events.flatMap((event, index): LogEntry[] => {
    const sequence = index + 1;
    if (event === undefined) return [];
    if (event instanceof Error) return [{ sequence, accountId: A, error: event }];
    return [{ sequence, accountId: event.accountId, event }];
  });

function findingsOf(events: readonly (AccountEvent | Error | undefined)[]) {
  const audit = logAudit();
  const found = entries(events).flatMap((entry) => audit.add(entry));
  return [...found, ...audit.end(events.length)].map(({ sequence, invariant, what }) => [
    ...[sequence, invariant, what],
  ]);
}

describe('a log that is right has no findings:', () => {
  test.each<[string, AccountEvent[]]>([
    ['one account', historyOf(A, 20)],
    ['two accounts, one among the other', [openedA, openedB, secondA, thirdA]],
    ['a transfer', [openedA, openedB, sent, received]],
    ['a keyed opening and its deposits', [{ ...openedA, ...KEYED }, secondA, thirdA]],
    [
      'the same key on two accounts',
      [
        { ...openedA, ...KEYED },
        { ...openedB, ...KEYED },
      ],
    ],
    ['a keyed transfer of two legs', twoLegs()],
  ])('%s', (_, events) => {
    expect(findingsOf(events)).toEqual([]);
  });
});

/** From A to B twice, in one command. */
function twoLegs(): AccountEvent[] {
  const transferId = randomUUID();
  const [first, itsOther] = leg(10n, { transferId, ...KEYED });
  const other = { ...itsOther, commandHash: null };
  const second = { ...first, version: 3, balance: 980n } as AccountEvent;
  const secondOther = { ...other, version: 3, balance: 1_020n } as AccountEvent;
  return [openedA, openedB, first, other, second, secondOther];
}

describe('found is', () => {
  test.each<[string, (AccountEvent | Error | undefined)[], (number | string | RegExp)[]]>([
    ['a version left out', [openedA, thirdA], [2, 'I6', 'version 3 stands where 2 belongs']],
    ['a version twice', [openedA, secondA, secondA], [3, 'I6', /version 2 stands where 3/]],
    ['an account that was not opened', [secondA], [1, 'I6', /version 2 stands where 1/]],
    [
      'a balance that does not add up',
      [openedA, { ...secondA, balance: 5n } as AccountEvent],
      [2, 'I6', /add up to 1001 minor units, the event says 5/],
    ],
    [
      'a status that nothing made',
      [openedA, { ...secondA, status: 'frozen' } as AccountEvent],
      [2, 'I6', /the event says frozen \(status\)/],
    ],
    [
      'money held that nothing set aside',
      [openedA, { ...secondA, held: 1n } as AccountEvent],
      [2, 'I6', /\(held\)/],
    ],
    [
      'another currency',
      [openedA, { ...secondA, currency: 'EUR' }],
      [2, 'I6', /is in EUR, the account in USD/],
    ],
    [
      'a balance below the overdraft limit',
      [openedA, { ...withdrawal(1_001n) }],
      [2, 'I5', /^1 minor units more/],
    ],
    [
      'an event behind the closing',
      [openedA, withdrawal(1_000n), closing(), afterClosing()],
      [4, 'I6', /behind AccountClosed/],
    ],
    ['what cannot be read', [openedA, new Error('torn')], [2, 'I6', 'cannot be read: torn']],
    ['a message that is gone', [openedA, openedB, undefined, secondA], [3, 'I2', /are gone/]],
    ['the last message gone', [openedA, secondA, undefined], [3, 'I2', /1 up to 3 are gone/]],
    [
      'a key that took effect twice',
      [openedA, { ...secondA, ...KEYED }, { ...thirdA, ...KEYED }],
      [3, 'I3', /"rent"/],
    ],
    [
      'a key of the opening that took effect again',
      [{ ...openedA, ...KEYED }, secondA, { ...thirdA, ...KEYED }],
      [3, 'I3', /"rent"/],
    ],
    ['money sent to nobody', [openedA, openedB, sent], [3, 'I1', /no TransferReceived/]],
    ['money received from nobody', [openedA, openedB, received], [3, 'I1', /no TransferSent/]],
    [
      'sides apart from one another',
      [openedA, openedB, sent, secondB(), { ...received, version: 3 }],
      [3, 'I1', /no TransferReceived/],
    ],
    [
      'a side of another transfer',
      [openedA, openedB, sent, leg(10n)[1]],
      [3, 'I1', /not followed by its other side/],
    ],
    [
      'sides of other amounts',
      [openedA, openedB, sent, leg(11n, { transferId: transferIdOf(sent) })[1]],
      [3, 'I1', /takes 10 minor units USD and brings 11 USD/],
    ],
  ])('%s', (_, events, [sequence, invariant, what]) => {
    const [first] = findingsOf(events);
    expect(first?.slice(0, 2)).toEqual([sequence, invariant]);
    expect(first?.[2]).toMatch(what as RegExp);
  });
});

test('an account that is wrong is told once, and the others are looked at all the same', () => {
  const wrong = { ...secondA, balance: 5n } as AccountEvent;
  const found = findingsOf([openedA, openedB, wrong, thirdA, { ...secondB(), version: 9 }]);
  expect(found.map(([sequence]) => sequence)).toEqual([3, 5]);
});

test('a share of the accounts is looked at where that is asked, without what is of none', () => {
  const audit = logAudit({ owns: (id) => id === B, whole: false });
  const log = entries([openedA, undefined, thirdA, { ...openedB, version: 2 }]);
  expect(log.flatMap((entry) => audit.add(entry))).toMatchObject([{ sequence: 4 }]);
  expect(audit.accounts.size()).toBe(1);
});

describe('appends of several events', () => {
  /** Which batch each of three events and of two on B came with; a capital commits it. */
  const audited = (batches: string) => {
    const audit = logAudit();
    const log = entries([...historyOf(A, 3), openedB, secondB()].slice(0, batches.length));
    const found = log.flatMap((entry, index) => {
      const letter = batches.charAt(index);
      const id = letter.toLowerCase();
      return audit.add(
        letter === '-' ? entry : { ...entry, batch: { id, commits: id !== letter } },
      );
    });
    const open = audit.isWithinAppend();
    const all = [...found, ...audit.end(batches.length)];
    return { open, found: all.map(({ sequence, invariant }) => `${sequence} ${invariant}`) };
  };

  test.each(['-----', 'aaaaA', 'aaA-B', 'A-bbB', 'A'])('%s are all there', (batches) => {
    expect(audited(batches)).toEqual({ open: false, found: [] });
  });

  test.each([
    ['aa-', false, ['2 I1']],
    ['aabB', false, ['2 I1']],
    ['aab', true, ['2 I1', '3 I1']],
    ['-aa', true, ['3 I1']],
    ['aaA-b', true, ['5 I1']],
    ['a-cC', false, ['1 I1']],
  ])('%s are not', (batches, open, found) => {
    expect(audited(batches)).toEqual({ open, found });
  });
});

function withdrawal(amount: bigint): AccountEvent {
  return { ...depositAfter(openedA, -amount), type: 'MoneyWithdrawn', amount } as AccountEvent;
}

const closing = (): AccountEvent =>
  ({ ...withdrawal(1_000n), type: 'AccountClosed', version: 3, status: 'closed' }) as AccountEvent;
const afterClosing = (): AccountEvent => depositAfter(closing());
const secondB = (): AccountEvent => depositAfter(openedB);
const transferIdOf = (event: AccountEvent) => ('transferId' in event ? event.transferId : '');
