import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statementFilter } from '../../src/account-query/statement.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import type { TransactionDocument } from '../../src/projections/transactions.ts';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import type { PageBody } from '../support/http.ts';
import { metric } from '../support/metrics.ts';
import { stagesOf } from '../support/query-plans.ts';
import { insertStatement } from '../support/statement-lines.ts';

const ADA = '00000000-0000-4000-8000-00000000000a';
const LONG = '00000000-0000-4000-8000-00000000000b';
const AHEAD = '00000000-0000-4000-8000-00000000000d';
const UNKNOWN = '00000000-0000-4000-8000-00000000000c';
const LONG_LINES = 100_000;
const CSV = { accept: 'text/csv' };
const HEADER =
  'accountId,version,sequence,type,amount,balance,currency,reference,at,' +
  'counterparty,transferId,holdId';
const SMALL_HEAP = '--max-semi-space-size=2 --max-old-space-size=96';
const MEGABYTE = 1024 * 1024;

let bank: Bank;
let queries: BankService;

beforeAll(async () => {
  bank = await startBank();
  // A small heap: what the service holds shows at once, and not what it has yet to collect.
  queries = await bank.startQuery({ NODE_OPTIONS: SMALL_HEAP });
  await insertStatement(bank.db, ADA, 60);
  await insertStatement(bank.db, LONG, LONG_LINES);
}, 120_000);
afterAll(() => bank.stop());

const path = (id: string, query = '') => `/accounts/${id}/transactions?${query}`;
const time = (seconds: number) => new Date(seconds * 1000).toISOString();

async function versions(query: string): Promise<number[]> {
  const found: number[] = [];
  for (let cursor = ''; ;) {
    const page = (await queries.get(path(ADA, `${query}${cursor}`))).body as PageBody;
    found.push(...page.items.map(({ version }) => Number(version)));
    if (page.nextCursor === null) return found;
    cursor = `&cursor=${page.nextCursor}`;
  }
}

/** From the newest to the oldest, both included. */
const down = (newest: number, oldest: number) =>
  Array.from({ length: newest - oldest + 1 }, (_, index) => newest - index);

test.each([
  ['', down(60, 1)],
  [`from=${time(10)}`, down(60, 10)],
  [`to=${time(10)}`, down(9, 1)],
  [`from=${time(10)}&to=${time(40)}`, down(39, 10)],
  [`from=1970-01-01T01:00:10%2B01:00&to=1970-01-01T00:00:12.0001Z`, down(12, 10)],
  [`from=${time(10)}&to=${time(10)}`, []],
  [`from=${time(61)}`, []],
])('the lines of %s, in pages and as CSV', async (query, expected) => {
  expect(await versions(`limit=7&${query}`)).toEqual(expected);
  const { text } = await queries.get(path(ADA, query), CSV);
  const [header, ...records] = text.split('\r\n').slice(0, -1);
  expect(header).toBe(HEADER);
  expect(records.map((record) => Number(record.split(',')[1]))).toEqual(expected);
});

test('lines that the account does not show yet are in no statement', async () => {
  const accounts = bank.db.collection<AccountDocument>('accounts_v1');
  await insertStatement(bank.db, AHEAD, 5);
  await accounts.updateOne({ _id: AHEAD }, { $set: { version: 3 } });
  const { items } = (await queries.get(path(AHEAD))).body as PageBody;
  expect(items.map(({ version }) => version)).toEqual([3, 2, 1]);
  const { text } = await queries.get(path(AHEAD), CSV);
  expect(text.split('\r\n').slice(1, -1)).toHaveLength(3);
});

test('a range of times is picked out within an index', async () => {
  const range = {
    ...{ accountId: LONG, version: LONG_LINES },
    ...{ from: new Date(1_000), to: new Date(5_000) },
  };
  const lines = bank.db.collection<TransactionDocument>('transactions_v1');
  const found = lines.find(statementFilter(range, 50)).sort({ version: -1 });
  const stages = stagesOf(await found.explain('queryPlanner'));
  expect(stages).toContain('IXSCAN');
  expect(stages.filter((stage) => /COLLSCAN|SORT/.test(stage))).toEqual([]);
});

test.each([
  ['from=yesterday', '/from'],
  ['from=', '/from'],
  ['to=2026-02-30T00:00:00Z', '/to'],
  ['from=1&from=2', '/from'],
  [`from=${time(2)}&to=${time(1)}`, '/to'],
  ['cursor=FIRST&to=2026-01-01T00:00:00Z', '/cursor'],
  ['since=2026-01-01T00:00:00Z', '/since'],
])('%s is refused and names %s', async (query, pointer) => {
  const { nextCursor } = (await queries.get(path(ADA, 'limit=1'))).body as PageBody;
  const { problem } = await queries.get(path(ADA, query.replace('FIRST', nextCursor!)));
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
  expect(problem.errors?.map((error) => error.pointer)).toEqual([pointer]);
});

describe('as CSV', () => {
  test('it is a file with the columns of the JSON', async () => {
    const answer = await queries.get(path(ADA, `to=${time(3)}`), CSV);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="statement-${ADA}.csv"`,
    );
    expect(answer.text).toBe(
      `${HEADER}\r\n` +
        `${ADA},2,2,deposit,0.01,0.02,USD,,1970-01-01T00:00:02.000Z,,,\r\n` +
        `${ADA},1,1,deposit,0.01,0.01,USD,,1970-01-01T00:00:01.000Z,,,\r\n`,
    );
    const { items } = (await queries.get(path(ADA))).body as PageBody;
    expect(Object.keys(items[0]!).join(',')).toBe(HEADER);
  });

  test.each([
    ['text/csv, application/json;q=0.5', 'text/csv'],
    ['application/json, text/csv;q=0.5', 'application/json'],
    ['text/csv;q=0', 'application/json'],
    ['*/*', 'application/json'],
  ])('Accept: %s gets %s', async (accept, type) => {
    const answer = await queries.get(path(ADA), { accept });
    expect(answer.headers.get('content-type')).toContain(type);
    expect(answer.headers.get('vary')).toBe('accept');
  });

  test('an unknown account and a cursor are refused', async () => {
    expect((await queries.get(path(UNKNOWN), CSV)).problem.code).toBe('account_not_found');
    const { problem } = await queries.get(path(ADA, 'cursor=x'), CSV);
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(['/cursor']);
  });

  test(`${LONG_LINES} lines come whole, and the service holds few of them`, async () => {
    const memory = () => metric(queries.url, 'process_resident_memory_bytes');
    // What the first answer leaves behind (compiled code, buffers) is no matter of its length.
    await (await open(path(LONG))).toArray();
    const before = await memory();
    let [most, lines] = [0, 0];
    const body = await open(path(LONG));
    for await (const chunk of body) {
      const text = String(chunk);
      lines += text.split('\n').length - 1;
      if (lines % 17 === 0) most = Math.max(most, await memory());
    }
    expect(lines).toBe(LONG_LINES + 1);
    most = Math.max(most, await memory());
    console.log(`RSS ${before / MEGABYTE} MiB before, ${most / MEGABYTE} MiB at most`);
    // The documents alone would be some 50 MiB, and their text 12.
    expect(most - before).toBeLessThan(25 * MEGABYTE);
  }, 60_000);

  test('a client that takes nothing stops the cursor, and one that leaves closes it', async () => {
    const body = await open(path(LONG));
    const { docs } = await eventually(async () => {
      const before = await openCursor();
      await new Promise((resolve) => setImmediate(resolve));
      const after = await openCursor();
      return before !== undefined && before === after ? { docs: before } : null;
    });
    expect(docs).toBeLessThan(LONG_LINES);
    body.destroy();
    await eventually(async () => expect(await openCursor()).toBeUndefined());
  }, 60_000);
});

async function open(target: string): Promise<IncomingMessage> {
  const sent = request(`${queries.url}${target}`, { headers: CSV, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

/** How many documents the cursor on the statements has handed over; undefined where there is none. */
async function openCursor(): Promise<number | undefined> {
  const admin = bank.db.client.db('admin');
  const found = await admin
    .aggregate<{ readonly cursor: { readonly nDocsReturned: bigint } }>([
      { $currentOp: { idleCursors: true } },
      { $match: { type: 'idleCursor', ns: `${bank.db.databaseName}.transactions_v1` } },
    ])
    .toArray();
  return found[0] === undefined ? undefined : Number(found[0].cursor.nDocsReturned);
}
