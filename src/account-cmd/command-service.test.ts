import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { create, deposit, withdraw } from '../../test/support/command-requests.ts';
import { scriptedService } from '../../test/support/scripted-service.ts';
import type { ScriptedService } from '../../test/support/scripted-service.ts';

let bank: ScriptedService;
beforeEach(() => {
  bank = scriptedService();
});

/** Appends stand still from now on until they are let go. */
function hold(held: ScriptedService): () => void {
  const { promise, resolve }: PromiseWithResolvers<void> = Promise.withResolvers();
  held.store.script(() => promise);
  return resolve;
}

test('an account from its opening on: every command answers with the state right after it', async () => {
  const ada = randomUUID();
  const answers = [
    await bank.execute(create(ada, '1000.0')),
    await bank.execute(deposit(ada, '500.0')),
    await bank.execute(withdraw(ada, '200.0')),
  ];
  expect(answers).toMatchObject([
    { kind: 'done', account: { version: 1, balance: 100_000n, currency: 'USD' }, sequence: 1 },
    { kind: 'done', account: { version: 2, balance: 150_000n }, sequence: 2 },
    { kind: 'done', account: { version: 3, balance: 130_000n }, sequence: 3 },
  ]);
});

describe('commands on one account at the same time', () => {
  test('are worked in their order and share an append', async () => {
    const ada = await bank.opened('0.00');
    const release = hold(bank);
    const first = bank.execute(deposit(ada, '1.00'));
    const rest = ['2.00', '3.00', '4.00'].map((amount) => bank.execute(deposit(ada, amount)));
    expect(bank.service.waiting()).toBe(3);
    release();
    const answers = await Promise.all([first, ...rest]);
    expect(answers.map((answer) => answer.kind === 'done' && answer.account.balance)).toEqual([
      100n,
      300n,
      600n,
      1_000n,
    ]);
    expect(bank.store.tried).toHaveLength(3);
    expect(bank.service.waiting()).toBe(0);
  });

  test('are appended so many at once, and no more', async () => {
    bank = scriptedService({ limits: { batch: 4 } });
    const ada = await bank.opened('0.00');
    const release = hold(bank);
    const answers = Array.from({ length: 10 }, () => bank.execute(deposit(ada, '1.00')));
    release();
    await Promise.all(answers);
    const sizes = bank.store.tried.map(([write]) => write?.events.length);
    expect(sizes).toEqual([1, 1, 4, 4, 1]);
  });

  test('cannot spend the same money twice', async () => {
    const other = scriptedService({ log: bank.log });
    const ada = await bank.opened('10.00');
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 ? bank : other).execute(withdraw(ada, '1.00')),
      ),
    );
    expect(answers.filter(({ kind }) => kind === 'done')).toHaveLength(10);
    expect(answers.filter(({ kind }) => kind === 'refused')).toHaveLength(30);
    expect((await bank.eventsOf(ada)).at(-1)?.event).toMatchObject({ version: 11, balance: 0n });
  });
});

describe('too many commands', () => {
  test('of one account are overloaded, leave nothing, and keep no other account waiting', async () => {
    bank = scriptedService({ limits: { queuedPerAccount: 2 } });
    const ada = await bank.opened('0.00');
    const release = hold(bank);
    const answers = Array.from({ length: 5 }, () => bank.execute(deposit(ada, '1.00')));
    const refused = await Promise.all(answers.slice(3));
    const overloaded = { kind: 'overloaded', detail: '2 commands of an account wait already' };
    expect(refused).toEqual([overloaded, overloaded]);
    expect(await bank.execute(create(randomUUID(), '1.00'))).toMatchObject({ kind: 'done' });
    release();
    await Promise.all(answers);
    expect(await bank.eventsOf(ada)).toHaveLength(4);
  });

  test('in all are overloaded', async () => {
    bank = scriptedService({ limits: { openInAll: 2 } });
    const [ada, bob] = [await bank.opened('0.00'), await bank.opened('0.00')];
    const release = hold(bank);
    const answers = [deposit(ada, '1.00'), deposit(bob, '1.00'), create(randomUUID(), '1.00')];
    const [, , third] = answers.map((request) => bank.execute(request));
    expect(await third).toEqual({ kind: 'overloaded', detail: '2 commands are open already' });
    release();
    await bank.service.drain();
  });
});

describe('drain', () => {
  test('resolves once every command is answered', async () => {
    const ada = await bank.opened('0.00');
    const release = hold(bank);
    const answered: string[] = [];
    void bank.execute(deposit(ada, '1.00')).then(({ kind }) => answered.push(kind));
    void bank.execute(deposit(ada, '1.00')).then(({ kind }) => answered.push(kind));
    const draining = bank.service.drain();
    await turn();
    expect(answered).toEqual([]);
    release();
    await draining;
    expect(answered).toEqual(['done', 'done']);
  });
});

test('a command whose time runs out is given up in real time too', async () => {
  const ada = await bank.opened('0.00');
  bank = scriptedService({ log: bank.log, limits: { deadlineMs: 300 } });
  bank.store.script(...Array.from({ length: 1_000 }, () => 'lost' as const));
  expect(await bank.execute(deposit(ada, '1.00'))).toMatchObject({ kind: 'unknown' });
});

test('the observer is told of every answer, append, retry and look into the cache', async () => {
  const told: string[] = [];
  bank = scriptedService({
    observer: {
      answered: ({ command }, { kind }, ms) =>
        void told.push(`${command.type} ${kind} ${ms >= 0 ? 'in time' : ''}`),
      appending:
        ({ events, commands }) =>
        ({ kind }) =>
          void told.push(`append of ${events} for ${commands} ${kind}`),
      retried: (cause) => void told.push(`retry after ${cause}`),
      cacheLookedUp: (hit) => void told.push(hit ? 'hit' : 'miss'),
      snapshotWritten: () => void told.push('snapshot'),
    },
  });
  const ada = await bank.opened('0.00');
  bank.store.script('conflict');
  await bank.execute(deposit(ada, '1.00'));
  expect(told).toEqual([
    ...['miss', 'append of 1 for 1 stored', 'CreateAccount done in time'],
    ...['hit', 'append of 1 for 1 conflict', 'retry after conflict'],
    ...['append of 1 for 1 stored', 'Deposit done in time'],
  ]);
});
