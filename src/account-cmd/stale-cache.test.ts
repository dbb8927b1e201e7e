import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { collected } from '../../test/support/collected.ts';
import {
  create,
  deposit,
  keyed,
  leg,
  requestOf,
  withdraw,
} from '../../test/support/command-requests.ts';
import { memorySnapshotStore } from '../../test/support/memory-snapshot-store.ts';
import type { MemorySnapshotStore } from '../../test/support/memory-snapshot-store.ts';
import { scriptedService } from '../../test/support/scripted-service.ts';
import type { ScriptedService } from '../../test/support/scripted-service.ts';
import { BEGINNING } from '../event-store/event-store.ts';
import type { EventStore } from '../event-store/event-store.ts';

/** What this process knows of the account is behind what another one wrote. */
let bank: ScriptedService;
let other: ScriptedService;
let ada: string;

beforeEach(async () => {
  bank = scriptedService();
  other = scriptedService({ log: bank.log });
  ada = await bank.opened('10.00');
});

describe('a refusal does not rest on a state that may be old:', () => {
  test('money that came meanwhile is there', async () => {
    await other.execute(deposit(ada, '90.00'));
    expect(await bank.execute(withdraw(ada, '100.00'))).toMatchObject({
      kind: 'done',
      account: { balance: 0n, version: 3 },
    });
  });

  test('an account that was opened meanwhile is there', async () => {
    const bob = randomUUID();
    expect(await bank.execute(deposit(bob, '1.00'))).toMatchObject({
      kind: 'refused',
      error: { code: 'account_not_found' },
    });
    await other.execute(create(bob, '5.00'));
    expect(await bank.execute(deposit(bob, '1.00'))).toMatchObject({ kind: 'done' });
  });

  test('If-Match is compared with the newest version', async () => {
    await other.execute(deposit(ada, '1.00'));
    const answer = await bank.execute(deposit(ada, '1.00', { expectedVersion: 2 }));
    expect(answer).toMatchObject({ kind: 'done', account: { version: 3 } });
  });

  test.each(['keyed', 'not keyed'])(
    'nor on that of another account of a transfer: %s',
    async (how) => {
      const bob = await bank.opened('0.00');
      await other.execute(deposit(bob, '50.00'));
      const legs = [leg(ada, bob, '1.00'), leg(bob, ada, '51.00')];
      const command = { type: 'Transfer', transferId: randomUUID(), legs } as const;
      const more = how === 'keyed' ? keyed('there-and-back') : {};
      expect(await bank.execute(requestOf(ada, command, more))).toMatchObject({
        kind: 'done',
        account: { balance: 6_000n, version: 3 },
      });
    },
  );

  test('it is asked of the leader, not of a replica', async () => {
    const { heads } = bank.store;
    const before = { ...heads };
    await bank.execute(withdraw(ada, '10.01'));
    expect(heads).toEqual({ any: before.any, leader: before.leader + 1 });
  });

  test('and where nobody wrote, it is refused', async () => {
    expect(await bank.execute(withdraw(ada, '10.01'))).toMatchObject({
      kind: 'refused',
      error: { code: 'insufficient_funds', field: 'amount' },
    });
    expect(await bank.eventsOf(ada)).toHaveLength(1);
  });
});

test('a refusal in a batch with accepted ones needs no question: the append met its expectation', async () => {
  const { promise, resolve }: PromiseWithResolvers<void> = Promise.withResolvers();
  bank.store.script(() => promise);
  const first = bank.execute(deposit(ada, '1.00'));
  const batch = [withdraw(ada, '99.00'), deposit(ada, '2.00'), withdraw(ada, '99.00')];
  const answers = batch.map((request) => bank.execute(request));
  const before = bank.store.heads.leader;
  resolve();
  await first;
  expect((await Promise.all(answers)).map(({ kind }) => kind)).toEqual([
    'refused',
    'done',
    'refused',
  ]);
  expect(bank.store.tried.at(-1)?.[0]?.events).toHaveLength(1);
  expect(bank.store.heads.leader).toBe(before);
});

test('a refusal in a batch whose append conflicts is decided again', async () => {
  await other.execute(deposit(ada, '90.00'));
  const { promise, resolve }: PromiseWithResolvers<void> = Promise.withResolvers();
  bank.store.script(() => promise);
  const first = bank.execute(deposit(ada, '1.00'));
  const second = bank.execute(withdraw(ada, '50.00'));
  resolve();
  expect(await first).toMatchObject({ kind: 'done', account: { version: 3 } });
  expect(await second).toMatchObject({ kind: 'done', account: { version: 4, balance: 5_100n } });
});

test('a refused command is not decided again because a later one of its batch made it possible', async () => {
  const { promise, resolve }: PromiseWithResolvers<void> = Promise.withResolvers();
  bank.store.script(() => promise);
  const first = bank.execute(deposit(ada, '1.00'));
  const batch = [withdraw(ada, '50.00'), deposit(ada, '90.00')];
  const answers = batch.map((request) => bank.execute(request));
  resolve();
  await first;
  expect((await Promise.all(answers)).map(({ kind }) => kind)).toEqual(['refused', 'done']);
});

describe('a replica that lags', () => {
  /** A log whose replicas miss the last event of every account. */
  const behind = (log: EventStore): EventStore => ({
    ...log,
    async head(accountId, consistency) {
      const head = await log.head(accountId, consistency);
      if (consistency === 'leader' || head === undefined) return head;
      const before = (await collected(log.tail(head, BEGINNING, 'any'))).at(-2);
      return before && { ...before, previousSequence: 0 };
    },
  });
  /** A log whose replicas have the last event of every account, and not yet the one before. */
  const holed = (log: EventStore): EventStore => ({
    ...log,
    async *tail(head, after, consistency) {
      for await (const recorded of log.tail(head, after, consistency)) {
        const missing = consistency === 'any' && recorded.event.version === head.event.version - 1;
        if (!missing) yield recorded;
      }
    },
  });

  beforeEach(async () => {
    await bank.execute(withdraw(ada, '4.00'));
    await bank.execute(deposit(ada, '7.00'));
  });

  test('makes no command fail: what is decided on its state conflicts and is decided again', async () => {
    const late = scriptedService({ log: behind(bank.log) });
    expect(await late.execute(withdraw(ada, '6.00'))).toMatchObject({
      kind: 'done',
      account: { balance: 700n, version: 4 },
    });
  });

  test('makes no command be refused: money that it does not know of is there', async () => {
    const late = scriptedService({ log: behind(bank.log) });
    expect(await late.execute(withdraw(ada, '13.00'))).toMatchObject({
      kind: 'done',
      account: { balance: 0n, version: 4 },
    });
  });

  test('and hangs holds nobody up for long: the leader is asked', async () => {
    const never = new Promise<never>(() => undefined);
    const hung: EventStore = {
      ...bank.log,
      head: (accountId, consistency) =>
        consistency === 'any' ? never : bank.log.head(accountId, 'leader'),
    };
    const snapshots = memorySnapshotStore();
    const hungSnapshots: MemorySnapshotStore = {
      ...snapshots,
      load: (accountId, consistency) =>
        consistency === 'any' ? never : snapshots.load(accountId, 'leader'),
    };
    const late = scriptedService({ log: hung, snapshots: hungSnapshots });
    expect(await late.execute(withdraw(ada, '13.00'))).toMatchObject({
      kind: 'done',
      account: { balance: 0n, version: 4 },
    });
  });

  test('and sends slowly is not left while it sends something', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const slow: EventStore = {
      ...bank.log,
      async *tail(head, after, consistency) {
        for await (const recorded of bank.log.tail(head, after, consistency)) {
          await vi.advanceTimersByTimeAsync(300);
          yield recorded;
        }
      },
    };
    const late = scriptedService({ log: slow });
    expect(await late.execute(deposit(ada, '1.00'))).toMatchObject({ kind: 'done' });
    expect(late.store.heads).toEqual({ any: 1, leader: 0 });
  });

  test('and has a hole does no harm: the leader has none', async () => {
    const late = scriptedService({ log: holed(bank.log) });
    expect(await late.execute(withdraw(ada, '13.00'))).toMatchObject({
      kind: 'done',
      account: { balance: 0n, version: 4 },
    });
  });
});

test('an account beyond what the cache holds is read again', async () => {
  const small = scriptedService({ log: bank.log, limits: { cachedAccounts: 1 } });
  const bob = await small.opened('1.00');
  await small.execute(deposit(ada, '1.00'));
  await small.service.drain();
  const before = small.store.heads.any;
  expect(await small.execute(deposit(bob, '1.00'))).toMatchObject({ kind: 'done' });
  expect(small.store.heads.any).toBe(before + 1);
});
