import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logged, startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { sendRaw } from '../support/raw-http.ts';
import type { RawRequest } from '../support/raw-http.ts';
import { expectRefusal, logLength } from '../support/refusals.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const FIVE = '{"amount":5}';
const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'DELETE', 'OPTIONS']);

let bank: Bank;
let commands: BankService;
let queries: BankService;
let accountId: string;
let eventsBefore: number;

beforeAll(async () => {
  bank = await startBank();
  [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
  accountId = (await commands.create('100.00')).account.accountId;
  eventsBefore = await logLength(bank);
});
afterAll(() => bank.stop());

const deposit = (raw: Partial<RawRequest>) =>
  sendRaw(commands.url, {
    method: 'POST',
    path: `/accounts/${accountId}/deposit`,
    ...(WITHOUT_BODY.has(raw.method ?? '') ? {} : { headers: JSON_TYPE, body: FIVE }),
    ...raw,
  });

describe('the content type', () => {
  test.each([
    'text/plain',
    'text/json',
    'application/xml',
    'application/jsonx',
    'application/problem+json',
    'application/json-patch+json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
  ])('%s is refused', async (type) => {
    const answer = await deposit({ headers: { 'content-type': type } });
    expectRefusal(answer, { status: 415, code: 'unsupported_media_type' });
  });

  test('must not be missing', async () => {
    const answer = await deposit({ headers: {} });
    expectRefusal(answer, { status: 415, code: 'unsupported_media_type' });
  });

  test.each(['latin1', '"utf-16"', 'UTF-7', ''])('of charset %s is refused', async (charset) => {
    const headers = { 'content-type': `application/json; charset=${charset}` };
    const answer = await deposit({ headers });
    expectRefusal(answer, { status: 415, code: 'unsupported_media_type' });
  });

  test.each(['utf-8', '"UTF-8"'])('may say that the charset is %s', async (charset) => {
    const headers = { 'content-type': `application/json; charset=${charset}` };
    const answer = await deposit({ headers, body: '{}' });
    expectRefusal(answer, { status: 400, code: 'invalid_request', pointers: ['/amount'] });
  });
});

describe('the body', () => {
  const megabyte = `{"amount":5,"x":"${'x'.repeat(1024 * 1024)}"}`;

  test('of a megabyte is refused', async () => {
    const headers = { ...JSON_TYPE, 'content-length': String(megabyte.length) };
    const answer = await deposit({ headers, body: megabyte });
    expectRefusal(answer, { status: 413, code: 'payload_too_large' });
  });

  test('of a megabyte is refused also where its length is not said', async () => {
    const headers = { ...JSON_TYPE, 'transfer-encoding': 'chunked' };
    const answer = await deposit({ headers, body: megabyte });
    expectRefusal(answer, { status: 413, code: 'payload_too_large' });
  });

  test('must not be encoded', async () => {
    const encoded = await deposit({ headers: { ...JSON_TYPE, 'content-encoding': 'gzip' } });
    expectRefusal(encoded, { status: 415, code: 'unsupported_media_type' });
    const headers = { ...JSON_TYPE, 'content-encoding': 'identity' };
    const plain = await deposit({ headers, body: '{}' });
    expectRefusal(plain, { status: 400, code: 'invalid_request', pointers: ['/amount'] });
  });

  test('must be there', async () => {
    const answer = await deposit({ headers: { ...JSON_TYPE, 'content-length': '0' }, body: '' });
    expectRefusal(answer, { status: 400, code: 'invalid_request', pointers: [''] });
    const untyped = await deposit({ headers: { 'content-length': '0' }, body: '' });
    expectRefusal(untyped, { status: 400, code: 'invalid_request', pointers: [''] });
  });

  test('must be UTF-8', async () => {
    const body = Buffer.from('{"ownerName":"Ad\xe1","initialBalance":1}', 'latin1');
    const answer = await deposit({ path: '/accounts', body });
    expect(answer.problem).toMatchObject({ status: 400, code: 'invalid_request' });
  });
});

describe('the account id', () => {
  const uuid = '00000000-0000-4000-8000-000000000000';

  test.each([
    ...['*', '>', '.', '*.*', '%2A', '%3E', '%2E', '%20', 'a%20b', '%09', '%0A', '%00', '%c3%a9'],
    ...['..%2F..%2Fetc%2Fpasswd', '..%5C', `${uuid}.>`, `${uuid}%0A`, `${uuid}%20`, `{${uuid}}`],
    ...[uuid.replaceAll('-', ''), uuid.slice(1), `${uuid}0`, 'null', '__proto__'],
    ...['$JS.API.STREAM.DELETE.ACCOUNTS', '1', '-1', "'%20OR%201=1", '%7B%22$gt%22:%22%22%7D'],
    ...['x'.repeat(90), 'constructor', uuid.replaceAll('0', 'g')],
  ])('%s is refused', async (id) => {
    const refusal = { status: 400, code: 'invalid_request', pointers: ['/accountId'] };
    for (const verb of ['deposit', 'withdraw']) {
      expectRefusal(await deposit({ path: `/accounts/${id}/${verb}` }), refusal);
    }
    for (const part of ['', '/transactions', '/events', '/live']) {
      const path = `/accounts/${id}${part}`;
      expectRefusal(await sendRaw(queries.url, { method: 'GET', path }), refusal);
    }
  });

  test.each(['%zz', '%', '%c0%af', '%E0%A4%A', `${uuid}%`])('%s is no URL', async (id) => {
    const refusal = { status: 400, code: 'invalid_request' };
    expectRefusal(await deposit({ path: `/accounts/${id}/deposit` }), refusal);
    const path = `/accounts/${id}`;
    expectRefusal(await sendRaw(queries.url, { method: 'GET', path }), refusal);
  });

  test.each([101, 500, 5_000])('of %i characters is refused', async (length) => {
    const id = 'x'.repeat(length);
    const answers = [
      await deposit({ path: `/accounts/${id}/deposit` }),
      await sendRaw(queries.url, { method: 'GET', path: `/accounts/${id}` }),
    ];
    for (const answer of answers) {
      expect(answer.problem.status).toBeGreaterThanOrEqual(400);
      expect(answer.problem.status).toBeLessThan(500);
    }
  });

  test.each([
    '/accounts/../deposit',
    '/accounts//deposit',
    '/accounts/./deposit',
    '/../accounts/x',
  ])('cannot be left out: %s', async (path) => {
    const { status } = (await deposit({ path })).problem;
    expect([400, 404]).toContain(status);
  });
});

describe('a route that is not there', () => {
  test.each([
    ['GET', '/'],
    ['GET', '/accounts'],
    ['PUT', '/accounts'],
    ['DELETE', '/accounts'],
    ['PATCH', '/accounts/ID/deposit'],
    ['GET', '/accounts/ID/deposit'],
    ['POST', '/accounts/ID'],
    ['POST', '/accounts/ID/transfer'],
    ['POST', '/Accounts'],
    ['OPTIONS', '/accounts'],
  ])('%s %s of the commands is 404', async (method, path) => {
    const answer = await deposit({ method, path: path.replace('ID', accountId) });
    expectRefusal(answer, { status: 404, code: 'route_not_found' });
  });

  test.each([
    ['POST', '/accounts'],
    ['POST', '/accounts/ID/deposit'],
    ['DELETE', '/accounts/ID'],
    ['GET', '/accounts/ID/secrets'],
  ])('%s %s of the queries is 404', async (method, path) => {
    const answer = await sendRaw(queries.url, { method, path: path.replace('ID', accountId) });
    expectRefusal(answer, { status: 404, code: 'route_not_found' });
  });
});

describe('a header', () => {
  test.each<[string, string | string[]]>([
    ['idempotency-key', ''],
    ['idempotency-key', 'two words'],
    ['idempotency-key', 'tab\tinside'],
    ['idempotency-key', 'k\u00e9y'],
    ['idempotency-key', 'x'.repeat(256)],
    ['idempotency-key', ['one', 'two']],
    ['if-match', ''],
    ['if-match', '3'],
    ['if-match', '"'],
    ['if-match', '""'],
    ['if-match', 'W/"3"'],
    ['if-match', '"x"'],
    ['if-match', '"-1"'],
    ['if-match', '"1.5"'],
    ['if-match', '"1e0"'],
    ['if-match', '"9999999999"'],
    ['if-match', '"1", "2"'],
    ['if-match', ['"1"', '"1"']],
  ])('%s: %j is refused', async (name, value) => {
    const answer = await deposit({ headers: { ...JSON_TYPE, [name]: value } });
    expectRefusal(answer, { status: 400, code: 'invalid_request' });
  });

  test('of 20,000 characters is refused', async () => {
    const headers = { ...JSON_TYPE, 'idempotency-key': 'x'.repeat(20_000) };
    const answer = await deposit({ headers });
    expect(answer.problem.status).toBe(431);
  });
});

test('none of all this left a trace in the log, or was the service’s own fault', async () => {
  expect(await logLength(bank)).toBe(eventsBefore);
  for (const { process } of [commands, queries]) {
    expect(logged(process, '"level":"error"')).toEqual([]);
  }
  expect((await deposit({})).account).toMatchObject({ balance: '105.00', version: 2 });
});
