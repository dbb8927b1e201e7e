import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePorts } from '../../dev/stack/ports.ts';
import { accountProjection } from '../../src/projections/account-projection.ts';
import { openedWith } from '../../src/account/events.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import { checkpointStore } from '../../src/projections/checkpoint.ts';
import type { CheckpointStore } from '../../src/projections/checkpoint.ts';
import { projectionPosition } from '../../src/projections/position.ts';
import { readModelStore } from '../../src/projections/read-model-store.ts';
import type { ReadModelStore } from '../../src/projections/read-model-store.ts';
import { watchCheckpoint } from '../../src/projections/watch-checkpoint.ts';
import { eventually } from '../support/await.ts';
import { freshDatabase } from '../support/mongo.ts';

const database = freshDatabase();
const client = new MongoClient(database.uri, { useBigInt64: true });
const at = new Date(0);
const BUILD = { projection: 'accounts', number: 1, shape: 1, groups: 1 };

let db: Db;
let store: ReadModelStore<AccountDocument>;
let checkpoints: CheckpointStore;

beforeAll(() => {
  db = client.db(database.name);
  store = readModelStore(db, accountProjection, BUILD);
  checkpoints = checkpointStore(db, 'accounts-v1');
});
beforeEach(() => db.dropDatabase());
afterAll(async () => {
  await client.close();
  await database.drop();
});

/** An account whose balance is its version. */
function document(_id: string, version: number): AccountDocument {
  const place = { version, sequence: BigInt(version), createdAt: at, updatedAt: at };
  const moved = { deposited: BigInt(version), withdrawn: 0n, received: 0n, sent: 0n };
  const totals = { ...openedWith(BigInt(version)), ...moved };
  return { _id, ownerName: 'o', currency: 'USD', ...totals, ...place };
}
const line = (accountId: string, version: number) => ({ _id: `${accountId}:${version}` });

describe('a write', () => {
  test('replaces older documents, leaves newer and equal ones, and inserts missing ones', async () => {
    await store.writeDocuments([document('older', 1), document('equal', 5), document('newer', 9)]);
    const changed = ['older', 'equal', 'newer', 'missing'].map((id) => document(id, 5));
    await store.writeDocuments(changed);
    const found = await store.documents(changed.map(({ _id }) => _id));
    expect(Object.fromEntries(found.map(({ _id, version }) => [_id, version]))).toEqual({
      older: 5,
      equal: 5,
      newer: 9,
      missing: 5,
    });
  });

  test('that takes documents for new is guarded like any other', async () => {
    await store.writeDocuments([document('older', 1), document('equal', 5), document('newer', 9)]);
    const changed = ['older', 'missing', 'equal', 'newer', 'known'].map((id) => document(id, 5));
    await store.writeDocuments(changed, new Set(['older', 'missing', 'equal', 'newer']));
    const found = await store.documents(changed.map(({ _id }) => _id));
    expect(Object.fromEntries(found.map(({ _id, version }) => [_id, version]))).toEqual({
      older: 5,
      missing: 5,
      equal: 5,
      newer: 9,
      known: 5,
    });
  });

  test('inserts the lines that are missing among lines that are there', async () => {
    await store.writeLines([line('a', 2)]);
    await store.writeLines([line('a', 1), line('a', 2), line('a', 3)]);
    const found = await db.collection('transactions_v1').find().sort({ _id: 1 }).toArray();
    expect(found).toEqual([line('a', 1), line('a', 2), line('a', 3)]);
  });

  test('keeps balances beyond 2^53 exact', async () => {
    const balance = 9_223_372_036_854_775_807n;
    await store.writeDocuments([{ ...document('rich', 1), balance }]);
    expect((await store.documents(['rich'])).map((found) => found.balance)).toEqual([balance]);
  });

  test('that MongoDB does not answer is not taken for done', async () => {
    const [port = 0] = await freePorts(1);
    const nobody = new MongoClient(`mongodb://127.0.0.1:${port}/`, {
      serverSelectionTimeoutMS: 100,
    });
    const away = readModelStore(nobody.db('bank'), accountProjection, BUILD);
    await expect(away.writeLines([line('a', 1)])).rejects.toThrow();
    await expect(away.writeDocuments([document('a', 1)])).rejects.toThrow();
    await expect(away.writeDocuments([document('a', 1)], new Set(['a']))).rejects.toThrow();
    await expect(
      checkpointStore(nobody.db('bank'), 'accounts-v1').move(0, { sequence: 1, at }),
    ).rejects.toThrow();
    await nobody.close();
  });
});

describe('the checkpoint', () => {
  test('begins at 0, only moves forward, and stays where it was', async () => {
    expect((await checkpoints.open()).sequence).toBe(0);
    expect(await checkpoints.move(0, { sequence: 7, at })).toBe(true);
    expect(await checkpoints.move(2, { sequence: 3, at })).toBe(true);
    expect((await checkpoints.open()).sequence).toBe(7);
  });

  test('keeps the time of its own event, however late an earlier one says it happened', async () => {
    await checkpoints.open();
    const future = new Date('2100-01-01');
    await checkpoints.move(0, { sequence: 1, at: future });
    await checkpoints.move(1, { sequence: 7, at });
    expect(await checkpoints.read()).toEqual({ sequence: 7, at });
    // Repeated, or from a worker that is behind.
    await checkpoints.move(1, { sequence: 3, at: future });
    expect(await checkpoints.read()).toEqual({ sequence: 7, at });
    // Nothing but what cannot be read.
    await checkpoints.move(7, { sequence: 8, at: undefined });
    expect(await checkpoints.read()).toEqual({ sequence: 8, at });
  });

  test('does not pass over events: it moves only from where it stands, or stood before', async () => {
    await checkpoints.open();
    expect(await checkpoints.move(5, { sequence: 7, at })).toBe(false);
    expect((await checkpoints.read())?.sequence).toBe(0);
  });

  test('does not come back by being moved', async () => {
    await checkpoints.open();
    await db.dropDatabase();
    expect(await checkpoints.move(0, { sequence: 7, at })).toBe(false);
    expect((await checkpoints.open()).sequence).toBe(0);
  });

  test('is not moved on a read model that another worker began to build again', async () => {
    await checkpoints.open();
    await checkpoints.move(0, { sequence: 7, at });
    await db.dropDatabase();
    // The other worker.
    await checkpoints.open();
    expect(await checkpoints.move(7, { sequence: 8, at })).toBe(false);
    expect((await checkpoints.read())?.sequence).toBe(0);
  });
});

test.each([
  ['gone', undefined],
  ['lower, as another worker has made it anew', 3],
])('a checkpoint that is %s tells who watches it that the read model is', async (_, sequence) => {
  await checkpoints.open();
  await checkpoints.move(0, { sequence: 7, at });
  const position = projectionPosition();
  position.advance(7);
  let told = false;
  const unwatch = watchCheckpoint(checkpoints, position, () => {
    told = true;
  });
  await db.dropDatabase();
  if (sequence !== undefined) {
    await checkpoints.open();
    await checkpoints.move(0, { sequence: sequence, at });
  }
  await eventually(() => told);
  unwatch();
});

test('opening makes the indexes, also twice and at once', async () => {
  await Promise.all([store.open(), store.open(), store.open()]);
  const names = await db.collection('accounts_v1').indexes();
  expect(names.length).toBe(accountProjection.documents.indexes.length + 1);
});
