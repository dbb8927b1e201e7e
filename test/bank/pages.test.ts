import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import type { PageBody } from '../support/http.ts';

const ACCOUNTS = 45;

let bank: Bank;
let commands: BankService;
let queries: BankService;
let created: readonly string[];
let lastSequence: number;

beforeAll(async () => {
  bank = await startBank();
  [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
  // All at once, so that many have the same time of creation.
  const answers = await Promise.all(
    Array.from({ length: ACCOUNTS }, (_, index) => commands.create(index)),
  );
  created = answers.map(({ account }) => account.accountId);
  lastSequence = Math.max(...answers.map(({ account }) => account.sequence));
});
afterAll(() => bank.stop());

async function page(query: string): Promise<PageBody> {
  return (await queries.get(`/accounts?minSequence=${lastSequence}&${query}`)).body as PageBody;
}

async function allIds(limit: number, between?: () => Promise<unknown>): Promise<string[]> {
  const ids: string[] = [];
  let { items, nextCursor } = await page(`limit=${limit}`);
  for (;;) {
    ids.push(...items.map(({ accountId }) => String(accountId)));
    if (nextCursor === null) return ids;
    expect(items.length).toBe(limit);
    await between?.();
    ({ items, nextCursor } = await page(`limit=${limit}&cursor=${nextCursor}`));
  }
}

test.each([1, 7, 15, 44, 45, 46, 100])('pages of %i have every account once', async (limit) => {
  const ids = await allIds(limit);
  expect(ids.length).toBe(ACCOUNTS);
  expect(ids.toSorted()).toEqual(created.toSorted());
});

test('a page has 20 accounts unless told otherwise, oldest first', async () => {
  const { items } = await page('');
  const times = items.map(({ createdAt }) => String(createdAt));
  expect(times.length).toBe(20);
  expect(times).toEqual(times.toSorted());
});

test('a balance range is exact, its ends included, and sorted by balance', async () => {
  const { items } = await page('currency=USD&minBalance=7&maxBalance=9.00&owner=Ada%20Lovelace');
  expect(items.map(({ balance }) => balance)).toEqual(['7.00', '8.00', '9.00']);
  const { items: richest } = await page('currency=USD&sort=-balance&limit=1');
  expect(richest.map(({ balance }) => balance)).toEqual([`${ACCOUNTS - 1}.00`]);
  expect((await page('currency=EUR')).items).toEqual([]);
});

test('of a status are those that have it', async () => {
  expect((await page('status=open&limit=100')).items).toHaveLength(ACCOUNTS);
  expect((await page('status=frozen')).items).toEqual([]);
  expect((await page('status=closed&currency=USD')).items).toEqual([]);
});

test('money that moves between two pages hides no account and shows none twice', async () => {
  const [first] = created;
  const ids = await allIds(10, () => commands.deposit(first!, 1));
  expect(ids.toSorted()).toEqual(created.toSorted());
});

test.each([
  ['limit=0', '/limit'],
  ['limit=101', '/limit'],
  ['limit=-1', '/limit'],
  ['limit=1.5', '/limit'],
  ['limit=ten', '/limit'],
  ['limit=', '/limit'],
  ['limit=1&limit=2', '/limit'],
  ['minSequence=-1', '/minSequence'],
  ['minSequence=9007199254740993', '/minSequence'],
  ['cursor=', '/cursor'],
  ['cursor=nonsense', '/cursor'],
  ['cursor=%00', '/cursor'],
  [`cursor=${cursor('null')}`, '/cursor'],
  [`cursor=${cursor('[]')}`, '/cursor'],
  [`cursor=${cursor('["a","b"]')}`, '/cursor'],
  [`cursor=${cursor('[1]')}`, '/cursor'],
  [`cursor=${cursor('[1,{"$gt":""}]')}`, '/cursor'],
  [`cursor=${cursor('[1e999,"a"]')}`, '/cursor'],
  [`cursor=${cursor('[0.5,"a"]')}`, '/cursor'],
  ['cursor=FIRST&sort=-createdAt', '/cursor'],
  ['cursor=FIRST&sort=balance', '/cursor'],
  ['cursor=FIRST&owner=Ada', '/cursor'],
  ['cursor=FIRST&currency=USD', '/cursor'],
  ['sort=name', '/sort'],
  ['sort=', '/sort'],
  ['sort=--balance', '/sort'],
  ['sort=balance&sort=createdAt', '/sort'],
  ['owner=', '/owner'],
  ['owner=%00', '/owner'],
  ['owner=A%C2%85', '/owner'],
  ['owner=a&owner=b', '/owner'],
  ['currency=', '/currency'],
  ['currency=usd', '/currency'],
  ['currency=XYZ', '/currency'],
  ['minBalance=1', '/currency'],
  ['maxBalance=1', '/currency'],
  ['currency=USD&minBalance=', '/minBalance'],
  ['currency=USD&minBalance=ten', '/minBalance'],
  ['currency=USD&minBalance=1e2', '/minBalance'],
  ['currency=USD&minBalance=1.001', '/minBalance'],
  ['currency=JPY&maxBalance=1.5', '/maxBalance'],
  ['currency=USD&maxBalance=99999999999999999999', '/maxBalance'],
  ['currency=USD&minBalance=2&maxBalance=1', '/maxBalance'],
  ['currency=USD&minBalance=2&sort=createdAt', '/sort'],
  ['status=', '/status'],
  ['status=Open', '/status'],
  ['status=open&status=frozen', '/status'],
  ['cursor=FIRST&status=open', '/cursor'],
  ['owner[$ne]=x', '/owner[$ne]'],
  ['unknown=1', '/unknown'],
])('GET /accounts?%s is refused and names %s', async (query, pointer) => {
  const { nextCursor } = await page('limit=1');
  const { problem } = await queries.get(`/accounts?${query.replace('FIRST', nextCursor!)}`);
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
  expect(problem.errors?.map((error) => error.pointer)).toEqual([pointer]);
});

function cursor(json: string): string {
  return Buffer.from(json).toString('base64url');
}
