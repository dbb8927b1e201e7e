import { describe, expect, test } from 'vitest';
import { historyOf, recordOf } from '../../test/support/account-events.ts';
import {
  ask,
  create,
  deposit,
  keyed,
  requestOf,
  withdraw,
} from '../../test/support/command-requests.ts';
import type { RecordedEvent } from '../account/events.ts';
import { applyRecorded } from '../account/record.ts';
import type { AccountRecord } from '../account/record.ts';
import type { CommandRequest } from './command.ts';
import { decideBatch, recordedEvents } from './decide-batch.ts';
import type { BatchPlan } from './decide-batch.ts';

const ADA = '6f1c1c52-4a34-4c0e-9f5a-0d2f4f3f8a10';
const NOW = 1_763_833_333_333;

/** Version 3 with 10.02, at sequence 42. */
const standing = recordOf(
  historyOf(ADA, 3).map((event, index) => ({ event, sequence: 40 + index })),
);

function decided(record: AccountRecord | undefined, ...requests: CommandRequest[]): BatchPlan {
  let ids = 0;
  const sources = { now: () => NOW, newId: () => `id-${(ids += 1)}` };
  const batch = requests.map((request) => ask(request).pending);
  return decideBatch((accountId) => (accountId === ADA ? record : undefined), batch, {
    sources,
    rememberRejections: false,
    frozenTakesMoney: true,
  });
}

const facts = ({ events }: BatchPlan) => events.map(({ event }) => event);
const answers = ({ answered }: BatchPlan) =>
  answered.map(({ pending, answer }) => [pending.request.commandId, answer.kind]);
const accepted = (plan: BatchPlan) =>
  plan.written.map(({ pending, end }) => [pending.request.commandId, end]);

describe('a batch', () => {
  test('is decided in order, each command on the state the ones before leave behind', () => {
    const plan = decided(
      undefined,
      create(ADA, '1.00', { commandId: 'c1' }),
      withdraw(ADA, '0.40', { commandId: 'c2' }),
      deposit(ADA, '5.00', { commandId: 'c3' }),
    );
    expect(facts(plan)).toMatchObject([
      { type: 'AccountCreated', version: 1, initialBalance: 100n, commandId: 'c1' },
      { type: 'MoneyWithdrawn', version: 2, amount: 40n, balance: 60n, commandId: 'c2' },
      { type: 'MoneyDeposited', version: 3, amount: 500n, balance: 560n, commandId: 'c3' },
    ]);
    expect(accepted(plan)).toEqual([
      ['c1', 1],
      ['c2', 2],
      ['c3', 3],
    ]);
  });

  test('goes on over refusals, which leave no gap in the versions', () => {
    const plan = decided(
      standing,
      withdraw(ADA, '10.03', { commandId: 'too-much' }),
      withdraw(ADA, '10.00', { commandId: 'fits' }),
      withdraw(ADA, '0.03', { commandId: 'too-much-now' }),
      create(ADA, '1.00', { commandId: 'again' }),
      deposit(ADA, '0', { commandId: 'nothing' }),
      deposit(ADA, '1.00', { commandId: 'last' }),
    );
    expect(facts(plan)).toMatchObject([
      { version: 4, balance: 2n, commandId: 'fits' },
      { version: 5, balance: 102n, commandId: 'last' },
    ]);
    expect(plan.answered.map(({ answer }) => answer)).toMatchObject([
      { kind: 'refused', error: { code: 'insufficient_funds' } },
      { kind: 'refused', error: { code: 'insufficient_funds' } },
      { kind: 'refused', error: { code: 'account_exists' } },
      { kind: 'refused', error: { code: 'invalid_amount' } },
    ]);
    expect(accepted(plan)).toEqual([
      ['fits', 1],
      ['last', 2],
    ]);
  });

  test('may be refused as a whole', () => {
    const plan = decided(undefined, deposit(ADA, '1.00'), withdraw(ADA, '1.00'));
    expect(plan.events).toEqual([]);
    expect(plan.answered).toHaveLength(2);
  });

  test('gives every event its id, time, command and trace', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const traced = deposit(ADA, '1.00', { ...keyed('k', 'h'), traceparent });
    const { events } = decided(standing, traced, deposit(ADA, '1.00', { commandId: 'own' }));
    expect(events).toMatchObject([
      {
        traceparent,
        event: { eventId: 'id-1', occurredAt: NOW, commandId: 'k', commandHash: 'h' },
      },
      { event: { eventId: 'id-2', occurredAt: NOW, commandId: 'own', commandHash: null } },
    ]);
    expect(events[1]).not.toHaveProperty('traceparent');
  });

  test('stands in the log up to the sequence of its last event', () => {
    const plan = decided(standing, deposit(ADA, '1.00'), deposit(ADA, '2.00'));
    const recorded = recordedEvents(plan, 50);
    expect(recorded.map(({ sequence }) => sequence)).toEqual([49, 50]);
    expect(recorded.map(({ event }) => event)).toEqual(facts(plan));
  });
});

describe('a key', () => {
  test('that repeats in a batch takes effect once; the repeat stays open', () => {
    const plan = decided(
      standing,
      deposit(ADA, '1.00', keyed('k')),
      deposit(ADA, '1.00', keyed('k')),
      deposit(ADA, '9.00', keyed('k', 'another-body')),
      deposit(ADA, '2.00', keyed('k2')),
    );
    expect(facts(plan)).toMatchObject([{ commandId: 'k' }, { commandId: 'k2' }]);
    expect(plan.answered).toEqual([]);
    expect(plan.written).toHaveLength(2);
  });

  test('whose first command is refused is decided again, on the state by then', () => {
    const plan = decided(
      standing,
      withdraw(ADA, '11.00', keyed('k')),
      deposit(ADA, '1.00'),
      withdraw(ADA, '11.00', keyed('k')),
    );
    expect(answers(plan)).toEqual([['k', 'refused']]);
    expect(facts(plan)).toMatchObject([{ version: 4 }, { version: 5, commandId: 'k' }]);
  });

  const [recorded] = recordedEvents(decided(standing, deposit(ADA, '1.00', keyed('k'))), 43) as [
    RecordedEvent,
  ];
  const later = recordedEvents(decided(applied(standing, recorded), deposit(ADA, '5.00')), 77);
  const remembering = applied(standing, recorded, ...later);

  test('that took effect is answered as the first time, whatever happened since', () => {
    const plan = decided(remembering, deposit(ADA, '1.00', keyed('k')));
    expect(plan.events).toEqual([]);
    expect(plan.answered.map(({ answer }) => answer)).toEqual([
      {
        kind: 'done',
        account: { ...standing.account, version: 4, balance: standing.account.balance + 100n },
        sequence: 43,
        replayed: true,
      },
    ]);
  });

  test('that took effect is answered even where If-Match no longer fits', () => {
    const plan = decided(remembering, deposit(ADA, '1.00', { ...keyed('k'), expectedVersion: 3 }));
    expect(answers(plan)).toEqual([['k', 'done']]);
  });

  test('with another body is refused', () => {
    const plan = decided(remembering, deposit(ADA, '9.00', keyed('k', 'another-body')));
    expect(answers(plan)).toEqual([['k', 'key_reused']]);
  });

  test('is none where the request has only an id of its own', () => {
    const plan = decided(remembering, deposit(ADA, '1.00', { commandId: 'k' }));
    expect(plan.events).toHaveLength(1);
  });
});

describe('If-Match', () => {
  const conditional = (commandId: string, expectedVersion: number) =>
    deposit(ADA, '1.00', { commandId, expectedVersion });

  test('is compared with the state the commands before leave behind', () => {
    const plan = decided(
      standing,
      conditional('old', 2),
      conditional('now', 3),
      conditional('gone', 3),
      conditional('next', 4),
      conditional('ahead', 9),
    );
    expect(accepted(plan)).toEqual([
      ['now', 1],
      ['next', 2],
    ]);
    expect(plan.answered.map(({ pending, answer }) => [pending.request.commandId, answer])).toEqual(
      [
        ['old', { kind: 'version_mismatch', actual: 3 }],
        ['gone', { kind: 'version_mismatch', actual: 4 }],
        ['ahead', { kind: 'version_mismatch', actual: 5 }],
      ],
    );
  });
});

function applied(record: AccountRecord, ...recorded: RecordedEvent[]): AccountRecord {
  return recorded.reduce<AccountRecord>(applyRecorded, record);
}

describe('the timer of a hold', () => {
  const hold = { holdId: 'h', amount: 1n, expiresAt: NOW, reference: null };
  const other = { ...hold, holdId: 'other' };
  const holding: AccountRecord = {
    ...standing,
    account: { ...standing.account, held: 2n, holds: [other, hold] },
  };
  const expire = requestOf(ADA, { type: 'ExpireHold', holdId: 'h', expiresAt: NOW });

  test('releases it by its own command, also where the time is past here, and leaves the others', () => {
    expect(facts(decided(holding, expire))).toMatchObject([
      { type: 'HoldReleased', holdId: 'h', reason: 'expired', commandId: expire.commandId },
    ]);
  });
});
