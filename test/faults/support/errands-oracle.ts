import { expect } from 'vitest';
import { availableOf } from '../../../src/account/account.ts';
import type { Account } from '../../../src/account/account.ts';
import type { AccountEvent, RecordedEvent } from '../../../src/account/events.ts';
import { applyRecorded } from '../../../src/account/record.ts';
import type { AccountRecord } from '../../../src/account/record.ts';
import { changeOf } from '../../support/account-events.ts';
import type { Ledger } from '../../support/ledger.ts';
import type { Told } from './commands.ts';
import type { Errand } from './errands.ts';

const EVENT_OF = {
  hold: 'HoldPlaced',
  capture: 'HoldCaptured',
  release: 'HoldReleased',
  withdraw: 'MoneyWithdrawn',
} as const;

/**
 * What clients were told of their errands against the log: each stands there once, as it was asked
 * for and answered (I2, I3), a transfer with all its sides in one append, and nothing else does but
 * openings and holds whose time was up.
 */
export function expectErrandsInLog(
  told: readonly Told<Errand>[],
  ledger: Ledger,
  ends: ReadonlySet<number>,
): void {
  const own = Map.groupBy(ledger.events, ({ event }) => `${event.accountId} ${event.commandId}`);
  const sides = Map.groupBy(ledger.events, ({ event }) =>
    'transferId' in event ? event.transferId : '',
  );
  const explained = new Set<RecordedEvent>();
  for (const { command, answer, story } of told) {
    const { key, kind, accountId, legs } = command;
    const what = [JSON.stringify(command), ...story].join('\n');
    const found = own.get(`${accountId} ${key}`) ?? [];
    if (answer.status === 400) {
      // Not worth remembering: it says that the time is up, and that stays so.
      expect(command.body, what).toHaveProperty('expiresAt');
      expect(found, what).toEqual([]);
    } else if (answer.status >= 300) {
      expect(
        found.map(({ event }) => event.type),
        what,
      ).toEqual(['CommandRejected']);
      expect(found[0]!.event, what).toMatchObject({ code: answer.problem.code });
      explained.add(found[0]!);
    } else if (kind === 'transfer') {
      const { transferId } = answer.body as { readonly transferId: string };
      const events = sides.get(transferId) ?? [];
      expect(events.map(sideOf).sort(), what).toEqual(legs.flatMap(sidesOf).sort());
      expectOneAppend(events, ends, what);
      for (const one of events) explained.add(one);
    } else {
      expect(
        found.map(({ event }) => event),
        what,
      ).toMatchObject([{ type: EVENT_OF[kind], amount: BigInt(legs[0]!.cents) }]);
      explained.add(found[0]!);
    }
  }
  const others = ledger.events.filter((one) => !explained.has(one) && !needsNobody(one.event));
  expect(others, 'events that nobody asked for').toEqual([]);
}

const sideOf = ({ event }: RecordedEvent): string =>
  'transferId' in event
    ? `${event.type} ${event.accountId} ${event.counterparty} ${event.amount}`
    : event.type;

const sidesOf = ({ from, to, cents }: Errand['legs'][number]): string[] => [
  `TransferSent ${from} ${to} ${cents}`,
  `TransferReceived ${to} ${from} ${cents}`,
];

const needsNobody = (event: AccountEvent): boolean =>
  event.type === 'AccountCreated' || (event.type === 'HoldReleased' && event.reason === 'expired');

/** No append ends between the first and the last of them. */
function expectOneAppend(
  events: readonly RecordedEvent[],
  ends: ReadonlySet<number>,
  what: string,
): void {
  const sequences = events.map(({ sequence }) => sequence);
  const last = Math.max(...sequences);
  for (let at = Math.min(...sequences); at < last; at += 1) {
    expect(ends.has(at), `an append ends within a transfer, at ${at}: ${what}`).toBe(false);
  }
}

/**
 * Whoever stops reading where an append ends sees the money whole (I1): what all accounts have is
 * what was put in less what was taken out, each transfer has gone from one to another, and no account
 * has less than it promised (I5).
 */
export function expectMoneyWhole({ events }: Ledger, ends: ReadonlySet<number>): void {
  const accounts = new Map<string, AccountRecord>();
  let balances = 0n;
  let fromOutside = 0n;
  let appends = 0;
  const touched = new Set<Account['accountId']>();
  for (const recorded of events) {
    const { event, sequence } = recorded;
    const before = accounts.get(event.accountId);
    const after = applyRecorded(before, recorded);
    accounts.set(event.accountId, after);
    balances += after.account.balance - (before?.account.balance ?? 0n);
    if (!('transferId' in event)) fromOutside += changeOf(event);
    touched.add(event.accountId);
    if (!ends.has(sequence)) continue;
    appends += 1;
    if (balances !== fromOutside) {
      throw new Error(`after the append at ${sequence}: ${balances}, not ${fromOutside} cents`);
    }
    for (const accountId of touched) {
      const { account } = accounts.get(accountId)!;
      if (availableOf(account) < 0n) {
        throw new Error(`after the append at ${sequence}: ${accountId} lacks what it promised`);
      }
    }
    touched.clear();
  }
  expect(appends, 'appends').toBe(ends.size);
  expect(touched.size, 'accounts of an append without an end').toBe(0);
}
