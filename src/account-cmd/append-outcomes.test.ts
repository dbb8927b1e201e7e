import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { create, deposit, keyed, withdraw } from '../../test/support/command-requests.ts';
import type { AppendStep } from '../../test/support/scripted-event-store.ts';
import { scriptedService } from '../../test/support/scripted-service.ts';
import type { ScriptedService } from '../../test/support/scripted-service.ts';
import type { CommandRequest } from './command.ts';

/** What may happen to appends before the command is done all the same. */
const troubles: readonly AppendStep[][] = [
  ['through'],
  ['conflict'],
  ['duplicate'],
  ['busy'],
  ['lost'],
  ['answer lost'],
  ['late'],
  ['conflict', 'conflict', 'conflict'],
  ['busy', 'conflict', 'duplicate'],
  ['lost', 'lost', 'answer lost'],
  ['late', 'answer lost'],
  ['late', 'lost'],
  ['busy', 'lost', 'conflict', 'late'],
];

/** The one event of the command in the log, which the account's fold agrees with. */
async function onlyEventOf(bank: ScriptedService, { accountId, commandId }: CommandRequest) {
  const events = await bank.eventsOf(accountId);
  expect(events.map(({ event }) => event.version)).toEqual(events.map((_, index) => index + 1));
  const own = events.filter(({ event }) => event.commandId === commandId);
  expect(own).toHaveLength(1);
  return own[0];
}

describe.each(troubles.map((steps) => [steps.join(', '), steps] as const))(
  'when the append meets: %s',
  (_, steps) => {
    test.each<[string, object]>([
      ['without a key', {}],
      ['with a key', keyed('a-key')],
    ])('a command %s is done, once, with the state right after it', async (__, key) => {
      const bank = scriptedService();
      const ada = await bank.opened('10.00');
      await bank.execute(create(randomUUID(), '1.00'));
      bank.store.script(...steps);
      const request = withdraw(ada, '2.50', key);
      const answer = await bank.execute(request);
      const own = await onlyEventOf(bank, request);
      expect(answer).toMatchObject({
        kind: 'done',
        account: { accountId: ada, balance: 750n, version: 2 },
        sequence: own?.sequence,
        replayed: false,
      });
      expect(own?.event).toMatchObject({ version: 2, balance: 750n });
    });

    test('an account is opened once', async () => {
      const bank = scriptedService();
      bank.store.script(...steps);
      const request = create(randomUUID(), '10.00', keyed('a-key'));
      const answer = await bank.execute(request);
      const own = await onlyEventOf(bank, request);
      expect(own?.event.version).toBe(1);
      expect(answer).toMatchObject({ kind: 'done', sequence: own?.sequence, replayed: false });
    });

    test('on an account this process does not know, it is done once too', async () => {
      const other = scriptedService();
      const ada = await other.opened('10.00');
      const bank = scriptedService({ log: other.log });
      bank.store.script(...steps);
      const request = deposit(ada, '1.00');
      const answer = await bank.execute(request);
      const own = await onlyEventOf(bank, request);
      expect(answer).toMatchObject({
        kind: 'done',
        account: { balance: 1_100n, version: 2 },
        sequence: own?.sequence,
      });
    });

    test('a log that cannot be read for a while makes no difference', async () => {
      const bank = scriptedService();
      const ada = await bank.opened('10.00');
      bank.store.script(...steps);
      bank.store.failReads(2);
      const request = deposit(ada, '1.00');
      const answer = await bank.execute(request);
      expect(answer).toMatchObject({ kind: 'done', account: { balance: 1_100n, version: 2 } });
      await onlyEventOf(bank, request);
    });

    test('the next command goes on from there', async () => {
      const bank = scriptedService();
      const ada = await bank.opened('10.00');
      bank.store.script(...steps);
      await bank.execute(deposit(ada, '1.00'));
      expect(await bank.execute(withdraw(ada, '11.00'))).toMatchObject({
        kind: 'done',
        account: { balance: 0n, version: 3 },
      });
    });
  },
);

describe('a log that cannot be written', () => {
  test('answers unavailable at once, and nothing is stored', async () => {
    const bank = scriptedService();
    const ada = await bank.opened('10.00');
    bank.store.script('unavailable');
    const answer = await bank.execute(deposit(ada, '1.00'));
    expect(answer).toEqual({ kind: 'unavailable', detail: 'scripted: unavailable' });
    expect(await bank.eventsOf(ada)).toHaveLength(1);
    expect(await bank.execute(deposit(ada, '1.00'))).toMatchObject({
      kind: 'done',
      account: { version: 2 },
    });
  });

  test('after a lost answer keeps the command waiting, as it may be stored', async () => {
    const bank = scriptedService();
    const ada = await bank.opened('10.00');
    bank.store.script('late', 'unavailable', 'unavailable');
    const request = deposit(ada, '1.00');
    const answer = await bank.execute(request);
    const own = await onlyEventOf(bank, request);
    expect(answer).toMatchObject({ kind: 'done', sequence: own?.sequence });
  });
});

describe('an account that others change meanwhile', () => {
  test.each([1, 4])('%i times: the command is decided on the newest state', async (times) => {
    const bank = scriptedService();
    const other = scriptedService({ log: bank.log });
    const ada = await bank.opened('10.00');
    const elsewhere = () => other.execute(withdraw(ada, '1.00'));
    bank.store.script(...Array.from({ length: times }, () => elsewhere));
    const request = withdraw(ada, '5.00');
    const answer = await bank.execute(request);
    const own = await onlyEventOf(bank, request);
    const balance = 500n - BigInt(times) * 100n;
    expect(own?.event).toMatchObject({ version: times + 2, balance });
    expect(answer).toMatchObject({ kind: 'done', account: { balance, version: times + 2 } });
  });

  test('so that the money is gone: refused, and nothing of it is stored', async () => {
    const bank = scriptedService();
    const other = scriptedService({ log: bank.log });
    const ada = await bank.opened('10.00');
    bank.store.script(() => other.execute(withdraw(ada, '6.00')));
    expect(await bank.execute(withdraw(ada, '5.00'))).toMatchObject({
      kind: 'refused',
      error: { code: 'insufficient_funds' },
    });
    expect(await bank.eventsOf(ada)).toHaveLength(2);
  });

  test('so that If-Match no longer fits: told the version it has now', async () => {
    const bank = scriptedService();
    const other = scriptedService({ log: bank.log });
    const ada = await bank.opened('10.00');
    bank.store.script(() => other.execute(deposit(ada, '6.00')));
    const answer = await bank.execute(deposit(ada, '5.00', { expectedVersion: 1 }));
    expect(answer).toEqual({ kind: 'version_mismatch', actual: 2 });
    expect(await bank.eventsOf(ada)).toHaveLength(2);
  });

  test('between a lost append and its retry: what got lost is decided again', async () => {
    const bank = scriptedService();
    const other = scriptedService({ log: bank.log });
    const ada = await bank.opened('10.00');
    bank.store.script('lost', () => other.execute(deposit(ada, '1.00')));
    const request = deposit(ada, '5.00');
    const answer = await bank.execute(request);
    const own = await onlyEventOf(bank, request);
    expect(answer).toMatchObject({
      kind: 'done',
      account: { balance: 1_600n, version: 3 },
      sequence: own?.sequence,
    });
  });
});
