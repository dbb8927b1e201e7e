import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AccountEvent } from '../../src/account/events.ts';
import { payloadToJson } from '../../src/event-store/payload-json.ts';
import { subjectOf } from '../../src/event-store/subjects.ts';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import type { PageBody } from '../support/http.ts';
import { depositAfter, historyOf, opening, writeOf } from '../support/account-events.ts';
import { storesOn } from '../support/jetstream-stores.ts';
import { untilProjected } from '../support/read-models.ts';

const SECOND = 1_000;
const T0 = Date.parse('2026-01-01T00:00:00Z');
const SKEWED = '00000000-0000-4000-8000-00000000000a';
const LONG = '00000000-0000-4000-8000-00000000000b';
const UNKNOWN = '00000000-0000-4000-8000-00000000000c';
const LONG_EVENTS = 2_300;

let bank: Bank;
let commands: BankService;
let queries: BankService;
/** By commands, with a snapshot at version 10. */
let busy: string;

beforeAll(async () => {
  bank = await startBank();
  [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
  busy = (await commands.create('10.00')).account.accountId;
  for (let count = 2; count <= 12; count += 1) await commands.deposit(busy, 1);
  // Seconds after T0 at which the versions happened: the clock goes backwards twice.
  const seconds = [10, 20, 30, 15, 40, 35];
  const skewed: AccountEvent[] = [];
  for (const second of seconds) {
    const before = skewed.at(-1);
    const at = { occurredAt: T0 + second * SECOND };
    skewed.push(before === undefined ? opening(SKEWED, at) : depositAfter(before, 1n, at));
  }
  const { events } = await storesOn(bank.nc);
  await events.append([writeOf(SKEWED, 0, ...skewed)]);
  const long = historyOf(LONG, LONG_EVENTS);
  let last = 0;
  for (let start = 0; start < LONG_EVENTS; start += 1_000) {
    const outcome = await events.append([writeOf(LONG, last, ...long.slice(start, start + 1_000))]);
    last = outcome.kind === 'stored' ? outcome.lastSequence : 0;
  }
  await untilProjected(bank.db, last);
});
afterAll(() => bank.stop());

const account = (id: string, query: string, headers = {}) =>
  queries.get(`/accounts/${id}?${query}`, headers);
const asOf = (second: number) => `asOf=${new Date(T0 + second * SECOND).toISOString()}`;

describe('the account as of a version', () => {
  test('was what each command answered, before, at and after a snapshot', async () => {
    for (let version = 1; version <= 12; version += 1) {
      const past = await account(busy, `asOfVersion=${version}`);
      expect(past.account).toMatchObject({ version, balance: `${9 + version}.00` });
      expect(past.headers.get('etag')).toBe(`"${version}"`);
    }
    expect((await account(busy, 'asOfVersion=12')).body).toEqual((await account(busy, '')).body);
  });

  test.each([1, 999, 1_000, 1_001, 2_300])('%i of a long history', async (version) => {
    const { body } = await account(LONG, `asOfVersion=${version}`);
    expect(body).toMatchObject({ version, balance: (10 + (version - 1) / 100).toFixed(2) });
  });

  test.each([
    [LONG, LONG_EVENTS + 1, 'the account has no version 2301 yet, it is at 2300'],
    [UNKNOWN, 1, 'there was no account with this id then'],
  ])('%s has no version %i', async (id, version, detail) => {
    const { problem } = await account(id, `asOfVersion=${version}`);
    expect(problem).toMatchObject({ status: 404, code: 'account_not_found', detail });
  });
});

describe('the account as of a time', () => {
  test.each([
    [10, 1],
    [14.999, 1],
    [15, 4],
    [29, 4],
    [30, 4],
    [34.999, 4],
    [35, 6],
    [1_000, 6],
  ])('%d s was the last version not after it: %i', async (second, version) => {
    expect((await account(SKEWED, asOf(second))).account.version).toBe(version);
  });

  test('did not exist before its first event', async () => {
    const { problem } = await account(SKEWED, asOf(9.999));
    expect(problem).toMatchObject({ status: 404, code: 'account_not_found' });
    expect((await account(UNKNOWN, asOf(10))).status).toBe(404);
  });

  test('is read through a long history', async () => {
    const { items } = (await queries.get(`/accounts/${LONG}/events?limit=1`)).body as PageBody;
    const before = Date.parse(String(items[0]!['occurredAt'])) - 1;
    const answer = await account(LONG, `asOf=${new Date(before).toISOString()}`);
    expect(answer.status).toBe(404);
  });
});

test.each([
  ['asOf=then', '/asOf'],
  ['asOf=', '/asOf'],
  ['asOfVersion=0', '/asOfVersion'],
  ['asOfVersion=-1', '/asOfVersion'],
  ['asOfVersion=1.5', '/asOfVersion'],
  ['asOfVersion=1e10', '/asOfVersion'],
  [`asOfVersion=1&${asOf(1)}`, '/asOfVersion'],
  ['version=1', '/version'],
])('GET /accounts/ID?%s is refused and names %s', async (query, pointer) => {
  const { problem } = await account(SKEWED, query);
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
  expect(problem.errors?.map((error) => error.pointer)).toEqual([pointer]);
});

test.each([
  ['"12"', 304],
  ['W/"12"', 304],
  ['"1", "12"', 304],
  ['*', 304],
  ['"11"', 200],
  ['12', 200],
])('If-None-Match: %s is answered %i', async (known, status) => {
  for (const query of ['', 'asOfVersion=12']) {
    const answer = await account(busy, query, { 'if-none-match': known });
    expect([answer.status, answer.headers.get('etag')]).toEqual([status, '"12"']);
    expect(answer.text === '').toBe(status === 304);
  }
});

describe('the events', () => {
  const path = (id: string, query = '') => `/accounts/${id}/events?${query}`;

  async function versions(query: string): Promise<number[]> {
    const found: number[] = [];
    for (let cursor = ''; ;) {
      const page = (await queries.get(path(SKEWED, query + cursor))).body as PageBody;
      found.push(...page.items.map(({ version }) => Number(version)));
      if (page.nextCursor === null) return found;
      cursor = `&cursor=${page.nextCursor}`;
    }
  }

  test.each([
    ['limit=2', [1, 2, 3, 4, 5, 6]],
    ['limit=4&fromVersion=1', [1, 2, 3, 4, 5, 6]],
    ['limit=2&fromVersion=3', [3, 4, 5, 6]],
    ['limit=6&fromVersion=6', [6]],
    ['limit=6&fromVersion=7', []],
  ])('of %s', async (query, expected) => {
    expect(await versions(query)).toEqual(expected);
  });

  test('are what `jetbank decode` shows, with their place', async () => {
    const { items } = (await queries.get(path(busy))).body as PageBody;
    expect(items.length).toBe(12);
    const jsm = await jetstreamManager(bank.nc);
    for (const { sequence, ...event } of items) {
      const message = await jsm.streams.getMessage('ACCOUNTS', { seq: Number(sequence) });
      expect(event).toEqual(payloadToJson(message!.data));
    }
  });

  test('of an unknown account are 404', async () => {
    expect((await queries.get(path(UNKNOWN))).problem.code).toBe('account_not_found');
    expect((await queries.get(path(UNKNOWN, 'fromVersion=7'))).status).toBe(404);
  });

  test.each([
    ['fromVersion=0', '/fromVersion'],
    ['fromVersion=x', '/fromVersion'],
    ['limit=101', '/limit'],
    ['cursor=x', '/cursor'],
    ['cursor=FIRST&fromVersion=2', '/cursor'],
    ['type=MoneyDeposited', '/type'],
  ])('?%s is refused and names %s', async (query, pointer) => {
    const { nextCursor } = (await queries.get(path(SKEWED, 'limit=1'))).body as PageBody;
    const { problem } = await queries.get(path(SKEWED, query.replace('FIRST', nextCursor!)));
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problem.errors?.map((error) => error.pointer)).toEqual([pointer]);
  });
});

test('an event that cannot be read is told as such, and not as if it would pass', async () => {
  const { accountId } = (await commands.create('1.00')).account;
  const { seq } = await jetstream(bank.nc).publish(subjectOf(accountId), 'not an event');
  for (const path of ['/events', '/live', '?asOfVersion=2', `?${asOf(0)}`]) {
    const { problem, headers } = await queries.get(`/accounts/${accountId}${path}`);
    expect(problem, path).toMatchObject({ status: 503, code: 'unavailable' });
    expect(problem.detail).toContain('has an event that this release cannot read');
    expect(headers.has('retry-after')).toBe(false);
  }
  expect((await queries.get(`/accounts/${accountId}/events?limit=1`)).status).toBe(503);
  expect((await account(accountId, `asOfVersion=1&minSequence=${seq}`)).account.version).toBe(1);
});
