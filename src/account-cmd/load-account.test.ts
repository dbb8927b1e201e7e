import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { depositAfter, historyOf, recordOf, writeOf } from '../../test/support/account-events.ts';
import { memorySnapshotStore } from '../../test/support/memory-snapshot-store.ts';
import { IntegrityError } from '../account/errors.ts';
import type { RecordedEvent } from '../account/events.ts';
import type { AccountRecord } from '../account/record.ts';
import type { EventStore, Position, SnapshotStore } from '../event-store/event-store.ts';
import { memoryEventStore } from '../event-store/memory-event-store.ts';
import { loadAccount } from './load-account.ts';

const EVENTS = 12;

let ada: string;
let log: EventStore;
let snapshots: SnapshotStore;
let recorded: RecordedEvent[];
/** What the fold from scratch gives. */
let truth: AccountRecord;
let tails: Position[];
let ignored: { accountId: string; reason: string }[];

beforeEach(async () => {
  ada = randomUUID();
  const store = memoryEventStore();
  tails = [];
  ignored = [];
  snapshots = memorySnapshotStore();
  // Another account first, so that sequence and version are not the same.
  await store.append([writeOf(randomUUID(), 0, ...historyOf(randomUUID(), 3))]);
  const events = historyOf(ada, EVENTS).map((event) => ({ ...event, commandHash: 'h' }));
  await store.append([writeOf(ada, 0, ...events)]);
  recorded = events.map((event, index) => ({ sequence: 4 + index, event }));
  truth = recordOf(recorded);
  log = {
    ...store,
    tail(head, after, consistency) {
      tails.push(after);
      return store.tail(head, after, consistency);
    },
  };
});

const load = (accountId = ada) =>
  loadAccount(log, snapshots, accountId, 'any', (id, reason) =>
    ignored.push({ accountId: id, reason }),
  );
const after = (version: number) => recordOf(recorded.slice(0, version));
const FROM_SCRATCH: Position = { version: 0, sequence: 0 };

describe('an account', () => {
  test('without a snapshot is folded from its first event', async () => {
    expect(await load()).toEqual(truth);
    expect(tails).toEqual([FROM_SCRATCH]);
    expect(ignored).toEqual([]);
  });

  test('that the log does not have is undefined', async () => {
    expect(await load(randomUUID())).toBeUndefined();
    expect(ignored).toEqual([]);
  });

  test.each([1, 5, 11])('with a snapshot of version %i reads only what comes after', async (at) => {
    await snapshots.save(after(at));
    expect(await load()).toEqual(truth);
    expect(tails).toEqual([{ version: at, sequence: 3 + at }]);
    expect(ignored).toEqual([]);
  });

  test('with a snapshot of its last event reads no event more than once', async () => {
    await snapshots.save(truth);
    expect(await load()).toEqual(truth);
    expect(tails).toEqual([{ version: EVENTS, sequence: 3 + EVENTS }]);
  });
});

describe('a snapshot that lies is ignored, told, and the fold from scratch is the answer:', () => {
  type Lie = (honest: AccountRecord) => AccountRecord;
  const account =
    (change: (account: AccountRecord['account']) => Partial<AccountRecord['account']>): Lie =>
    (honest) => ({ ...honest, account: { ...honest.account, ...change(honest.account) } });

  test.each<[string, number, Lie]>([
    [
      'a balance too high, behind the log',
      5,
      account(({ balance }) => ({ balance: balance + 1n })),
    ],
    ['a balance too low, behind the log', 5, account(({ balance }) => ({ balance: balance - 1n }))],
    [
      'a balance too high, at its last event',
      12,
      account(({ balance }) => ({ balance: balance + 1n })),
    ],
    ['a version too high', 5, account(() => ({ version: 6 }))],
    ['a version too low', 5, account(() => ({ version: 4 }))],
    ['a version of another event than the last', 12, account(() => ({ version: 11 }))],
    ['a version that the log has not reached', 12, account(() => ({ version: 13 }))],
    ['a sequence too low', 5, (honest) => ({ ...honest, sequence: honest.sequence - 1 })],
    ['a sequence too high', 5, (honest) => ({ ...honest, sequence: honest.sequence + 1 })],
    ['a sequence that the log has not reached', 12, (honest) => ({ ...honest, sequence: 99 })],
  ])('%s', async (_, version, lie) => {
    await snapshots.save(lie(after(version)));
    expect(await load()).toEqual(truth);
    expect(tails.at(-1)).toEqual(FROM_SCRATCH);
    expect(ignored).toEqual([{ accountId: ada, reason: expect.stringMatching(/./) as unknown }]);
  });

  test('it is ahead of a log that lost its end', async () => {
    const last = recorded.at(-1)!.event;
    const ahead = depositAfter(last, 1n, { commandHash: 'h' });
    await snapshots.save(recordOf([...recorded, { sequence: 4 + EVENTS, event: ahead }]));
    expect(await load()).toEqual(truth);
    expect(ignored).toHaveLength(1);
  });

  test('it is of an account that the log does not have', async () => {
    const log2 = memoryEventStore();
    await snapshots.save(truth);
    const found = await loadAccount(log2, snapshots, ada, 'any', (accountId, reason) =>
      ignored.push({ accountId, reason }),
    );
    expect(found).toBeUndefined();
    expect(ignored).toEqual([{ accountId: ada, reason: 'the log has no such account' }]);
  });

  test('it cannot be read', async () => {
    const torn = { kind: 'unusable', reason: 'torn', outdated: false } as const;
    snapshots = { ...snapshots, load: () => Promise.resolve(torn) };
    expect(await load()).toEqual(truth);
    expect(ignored).toEqual([{ accountId: ada, reason: 'torn' }]);
  });
});

describe('a log that contradicts itself', () => {
  beforeEach(async () => {
    const last = recorded.at(-1)!.event;
    const wrong = depositAfter(last, 5n, { balance: 1n });
    await log.append([writeOf(ada, 3 + EVENTS, wrong)]);
  });

  test('is an error', async () => {
    await expect(load()).rejects.toThrow(IntegrityError);
  });
  test('is an error with a snapshot too', async () => {
    await snapshots.save(after(5));
    await expect(load()).rejects.toThrow(IntegrityError);
  });
});

test('a log that cannot be read is an error, whatever the snapshot says', async () => {
  await snapshots.save(truth);
  log = { ...log, head: () => Promise.reject(new Error('away')) };
  await expect(load()).rejects.toThrow('away');
});
