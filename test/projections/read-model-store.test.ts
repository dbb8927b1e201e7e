import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePorts } from '../../dev/stack/ports.ts';
import { accountProjection } from '../../src/projections/account-projection.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import { readModelStore } from '../../src/projections/read-model-store.ts';
import type { ReadModelStore } from '../../src/projections/read-model-store.ts';
import { freshDatabase } from '../support/mongo.ts';

const database = freshDatabase();
const client = new MongoClient(database.uri, { useBigInt64: true });
const at = new Date(0);

let db: Db;
let store: ReadModelStore<AccountDocument>;

beforeAll(() => {
  db = client.db(database.name);
  store = readModelStore(db, accountProjection);
});
beforeEach(() => db.dropDatabase());
afterAll(async () => {
  await client.close();
  await database.drop();
});

/** An account whose balance is its version. */
function document(_id: string, version: number): AccountDocument {
  const place = { version, sequence: BigInt(version), createdAt: at, updatedAt: at };
  const totals = { balance: BigInt(version), deposited: BigInt(version), withdrawn: 0n };
  return { _id, ownerName: 'o', currency: 'USD', ...totals, ...place };
}
const line = (accountId: string, version: number) => ({ _id: `${accountId}:${version}` });

describe('a write', () => {
  test('replaces older documents, leaves newer and equal ones, and inserts missing ones', async () => {
    await store.write([document('older', 1), document('equal', 5), document('newer', 9)], []);
    const changed = ['older', 'equal', 'newer', 'missing'].map((id) => document(id, 5));
    await store.write(changed, []);
    const found = await store.documents(changed.map(({ _id }) => _id));
    expect(Object.fromEntries(found.map(({ _id, version }) => [_id, version]))).toEqual({
      older: 5,
      equal: 5,
      newer: 9,
      missing: 5,
    });
  });

  test('inserts the lines that are missing among lines that are there', async () => {
    await store.write([], [line('a', 2)]);
    await store.write([], [line('a', 1), line('a', 2), line('a', 3)]);
    const found = await db
      .collection(accountProjection.lines.name)
      .find()
      .sort({ _id: 1 })
      .toArray();
    expect(found).toEqual([line('a', 1), line('a', 2), line('a', 3)]);
  });

  test('keeps balances beyond 2^53 exact', async () => {
    const balance = 9_223_372_036_854_775_807n;
    await store.write([{ ...document('rich', 1), balance }], []);
    expect((await store.documents(['rich'])).map((found) => found.balance)).toEqual([balance]);
  });

  test('that MongoDB does not answer is not taken for done', async () => {
    const [port = 0] = await freePorts(1);
    const nobody = new MongoClient(`mongodb://127.0.0.1:${port}/`, {
      serverSelectionTimeoutMS: 100,
    });
    const away = readModelStore(nobody.db('bank'), accountProjection);
    await expect(away.write([], [line('a', 1)])).rejects.toThrow();
    await expect(away.write([document('a', 1)], [])).rejects.toThrow();
    await expect(away.moveCheckpoint(0, 1)).rejects.toThrow();
    await nobody.close();
  });
});

describe('the checkpoint', () => {
  test('begins at 0, only moves forward, and stays where it was', async () => {
    expect(await store.open()).toBe(0);
    expect(await store.moveCheckpoint(0, 7)).toBe(true);
    expect(await store.moveCheckpoint(2, 3)).toBe(true);
    expect(await store.open()).toBe(7);
  });

  test('does not pass over events: it moves only from where it stands, or stood before', async () => {
    await store.open();
    expect(await store.moveCheckpoint(5, 7)).toBe(false);
    expect(await store.checkpoint()).toBe(0);
  });

  test('does not come back by being moved', async () => {
    await store.open();
    await db.dropDatabase();
    expect(await store.moveCheckpoint(0, 7)).toBe(false);
    expect(await store.open()).toBe(0);
  });

  test('is not moved on a read model that another worker began to build again', async () => {
    await store.open();
    await store.moveCheckpoint(0, 7);
    await db.dropDatabase();
    // The other worker.
    await store.open();
    expect(await store.moveCheckpoint(7, 8)).toBe(false);
    expect(await store.checkpoint()).toBe(0);
  });
});

test('opening makes the indexes, also twice and at once', async () => {
  await Promise.all([store.open(), store.open(), store.open()]);
  const names = await db.collection(accountProjection.documents.name).indexes();
  expect(names.length).toBe(accountProjection.documents.indexes.length + 1);
});
