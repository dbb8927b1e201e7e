import { MongoClient } from 'mongodb';
import type { Collection } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountQueries, listAccounts, SORTS } from '../../src/account-query/list-accounts.ts';
import type { AccountList } from '../../src/account-query/list-accounts.ts';
import { readModels } from '../../src/account-query/read-models.ts';
import { accountProjection } from '../../src/projections/account-projection.ts';
import { openedWith } from '../../src/account/events.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import { readModelStore } from '../../src/projections/read-model-store.ts';
import { freshDatabase } from '../support/mongo.ts';
import { stagesOf } from '../support/query-plans.ts';
import { seededRandom } from '../support/random.ts';

const ACCOUNTS = 400;
const OWNERS = ['Ada', 'Grace', 'Juan Pérez', 'ada'];
const random = seededRandom('account-list');
const database = freshDatabase();
const client = new MongoClient(database.uri, { useBigInt64: true });

let accounts: Collection<AccountDocument>;
let all: readonly AccountDocument[];

beforeAll(async () => {
  const db = client.db(database.name);
  const build = { projection: 'accounts', number: 1, shape: 1, groups: 1 };
  await readModelStore(db, accountProjection, build).open();
  accounts = readModels(db, build).accounts;
  // Few different values, so that most accounts are equal in what is sorted by.
  all = Array.from({ length: ACCOUNTS }, () => accountDocument());
  await accounts.insertMany([...all]);
});
afterAll(async () => {
  await client.close();
  await database.drop();
});

function accountDocument(): AccountDocument {
  const createdAt = new Date(random.below(5));
  // The largest is one more than a double can tell from its neighbour.
  const balance = random.pick([0n, 0n, 0n, 1n, 2n, 50n, 9_007_199_254_740_993n]);
  const place = { version: 1, sequence: 1n, createdAt, updatedAt: createdAt };
  const currency = random.pick(['USD', 'EUR', 'JPY']);
  const totals = {
    ...openedWith(balance),
    status: random.pick(['open', 'open', 'frozen', 'closed'] as const),
    deposited: balance,
    withdrawn: 0n,
    received: 0n,
    sent: 0n,
  };
  return { _id: random.uuid(), ownerName: random.pick(OWNERS), currency, ...totals, ...place };
}

const ranges = [
  {},
  { minBalance: 1n },
  { maxBalance: 50n },
  { minBalance: 0n, maxBalance: 2n },
  { minBalance: 9_007_199_254_740_993n },
];

/** A range is picked out of the same index as without a status. */
const statuses = [
  { status: 'open' },
  { status: 'frozen' },
  { status: 'open', currency: 'USD' },
  { status: 'closed', currency: 'USD' },
] as const;

/** Every kind of combination that the route allows. */
const lists: AccountList[] = SORTS.flatMap((sort) =>
  [undefined, 'Ada'].flatMap((ownerName) => [
    { sort, ownerName },
    ...ranges
      .filter((range) => Object.keys(range).length === 0 || sort.endsWith('balance'))
      .map((range) => ({ sort, ownerName, currency: 'USD', ...range })),
    ...statuses.map((status) => ({ sort, ownerName, ...status })),
  ]),
);
const cases = lists.map((list) => ({ name: nameOf(list), list }));

function nameOf(list: AccountList): string {
  return Object.entries(list)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join('&');
}

/** What the list must be, made without MongoDB. */
function expected(list: AccountList): string[] {
  const { ownerName, currency, status, minBalance, maxBalance, sort } = list;
  const direction = sort.startsWith('-') ? -1 : 1;
  const value = ({ balance, createdAt }: AccountDocument) =>
    sort.endsWith('balance') ? balance : BigInt(createdAt.getTime());
  const order = (a: AccountDocument, b: AccountDocument) => {
    const [left, right] = [value(a), value(b)];
    if (left !== right) return left < right ? -direction : direction;
    return a._id < b._id ? -direction : direction;
  };
  return all
    .filter((account) => ownerName === undefined || account.ownerName === ownerName)
    .filter((account) => currency === undefined || account.currency === currency)
    .filter((account) => status === undefined || account.status === status)
    .filter(({ balance }) => minBalance === undefined || balance >= minBalance)
    .filter(({ balance }) => maxBalance === undefined || balance <= maxBalance)
    .toSorted(order)
    .map(({ _id }) => _id);
}

describe.each(cases)('$name', ({ list }) => {
  test.each([7, 100])('in pages of %i is complete and in order', async (limit) => {
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listAccounts(accounts, list, { limit, cursor });
      ids.push(...page.items.map(({ _id }) => _id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(ids).toEqual(expected(list));
  });

  test('uses an index, and sorts nothing', async () => {
    const { nextCursor } = await listAccounts(accounts, list, { limit: 1 });
    for (const cursor of [undefined, nextCursor ?? undefined]) {
      for (const { filter, sort, hint } of accountQueries(list, cursor)) {
        const found = accounts.find(filter, { sort, hint }).limit(10);
        const stages = stagesOf(await found.explain('queryPlanner'));
        expect(stages).toContain('IXSCAN');
        expect(stages.filter((stage) => /COLLSCAN|SORT/.test(stage))).toEqual([]);
      }
    }
  });
});

test('a page deep among equal balances reads no more than it answers', async () => {
  const list: AccountList = { sort: 'balance' };
  const zeroes = expected(list).length / 4;
  const { nextCursor } = await listAccounts(accounts, list, { limit: Math.floor(zeroes) });
  const [query] = accountQueries(list, nextCursor!);
  const { filter, sort, hint } = query!;
  const explained = await accounts.find(filter, { sort, hint }).limit(5).explain('executionStats');
  const { executionStats } = explained as { executionStats: { totalKeysExamined: number } };
  expect(executionStats.totalKeysExamined).toBeLessThanOrEqual(6);
});
