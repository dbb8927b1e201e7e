import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { logged, startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { expectRefusal, logLength } from '../support/refusals.ts';

const HOLD = 'b91e3841-974c-5828-9951-13c13f788ec1';

let bank: Bank;
let service: BankService;
let accountId: string;
let eventsBefore: number;

beforeAll(async () => {
  bank = await startBank();
  service = await bank.startCommand();
  accountId = (await service.create('100.00')).account.accountId;
  eventsBefore = await logLength(bank);
});
afterAll(() => bank.stop());

const json = (text: string) => JSON.stringify(text);

/** Texts that are no amount, as they stand in the JSON. */
const BAD_AMOUNTS: readonly (readonly [string, string])[] = [
  ...['-1', '-0.01', '1.001', '1e-3', '1e-400', '1e400', '-1e400', '1e15', '1e308'],
  ...['9007199254740992', '9007199254740993', '90071992547409.92', '9'.repeat(100)],
  ...[`1.${'0'.repeat(100)}1`, '"9007199254740992"', '"1.001"', json('9'.repeat(100))],
  ...['NaN', 'Infinity', '-Infinity', '', ' ', '12,50', '1.000,00', '1 000', '1_000'].map(json),
  ...['12.50 USD', '$5', '+5', '-5', '--5', '.5', '5.', '1e3', '0x10', ' 5', '5 ', '5\n'].map(json),
  ...['5\u0000', '١٢', '５', 'null', '{"amount":5}'].map(json),
].map((text) => [text, 'invalid_amount'] as const);

/** JSON values that are neither number nor text. */
const NO_AMOUNTS: readonly (readonly [string, string])[] = [
  ...['null', 'true', 'false', '[]', '[5]', '{}', '{"value":5}', '[[[]]]'],
].map((text) => [text, 'invalid_request'] as const);

describe('an amount', () => {
  const zeroes = ['0', '-0', '0.00', '0e5', '"0"', '"0.00"', '"-0"'].map(
    (text) => [text, 'invalid_amount'] as const,
  );

  test.each([...BAD_AMOUNTS, ...NO_AMOUNTS, ...zeroes])('of %s is refused', async (text, code) => {
    for (const verb of ['deposit', 'withdraw']) {
      const answer = await service.post(`/accounts/${accountId}/${verb}`, `{"amount":${text}}`);
      expectRefusal(answer, { status: 400, code, pointers: ['/amount'] });
    }
  });

  test.each([...BAD_AMOUNTS, ...NO_AMOUNTS])(
    'at the start of %s is refused',
    async (text, code) => {
      const answer = await service.post(
        '/accounts',
        `{"ownerName":"Ada","initialBalance":${text}}`,
      );
      expectRefusal(answer, { status: 400, code, pointers: ['/initialBalance'] });
    },
  );

  test.each([
    ['JPY', '1.5'],
    ['BHD', '1.0001'],
    ['EUR', '"0.001"'],
  ])('in %s of %s has too many decimals', async (currency, text) => {
    const body = `{"ownerName":"Ada","initialBalance":${text},"currency":"${currency}"}`;
    const answer = await service.post('/accounts', body);
    expectRefusal(answer, { status: 400, code: 'invalid_amount', pointers: ['/initialBalance'] });
  });
});

describe('the body of a deposit', () => {
  test.each([
    ['{}', '/amount'],
    ['{"Amount":5}', '/amount'],
    ['{"amount":5,"currency":"USD"}', '/currency'],
    ['{"amount":5,"":1}', '/'],
    ['{"amount":5,"a/b~c":1}', '/a~1b~0c'],
    ['{"amount":5,"amount":6}', '/amount'],
    ['{"amount":5,"amount":5}', '/amount'],
    ['{"amount":5,"\\u0061mount":6}', '/amount'],
    ['{"amount":5,"x":{"y":1,"y":1}}', '/x/y'],
    ['{"amount":5,"__proto__":{"amount":6}}', '/__proto__'],
    ['{"__proto__":{"amount":5}}', '/amount'],
    ['{"amount":5,"constructor":{"prototype":{}}}', '/constructor'],
    ['{"amount":5,"toString":1}', '/toString'],
  ])('%s is refused and names %s', async (body, pointer) => {
    const answer = await service.post(`/accounts/${accountId}/deposit`, body);
    expectRefusal(answer, { status: 400, code: 'invalid_request', pointers: [pointer] });
  });

  test.each([
    ['', ['']],
    [' ', undefined],
    ['{', undefined],
    ['{"amount":5', undefined],
    ['{"amount":NaN}', undefined],
    ['{"amount":Infinity}', undefined],
    ['{"amount":05}', undefined],
    ['{"amount":.5}', undefined],
    ['{"amount":5.}', undefined],
    ['{"amount":+5}', undefined],
    ['{"amount":0x5}', undefined],
    ['{"amount":5,}', undefined],
    ["{'amount':5}", undefined],
    ['{"amount":5}{"amount":5}', undefined],
    ['/* five */{"amount":5}', undefined],
    ['amount=5', undefined],
    ['<amount>5</amount>', undefined],
    ['null', ['']],
    ['[]', ['']],
    ['[{"amount":5}]', ['']],
    ['"amount"', ['']],
    ['5', ['']],
    ['true', ['']],
  ])('%j is refused as no object', async (body, pointers) => {
    const answer = await service.post(`/accounts/${accountId}/deposit`, body);
    expectRefusal(answer, { status: 400, code: 'invalid_request', ...(pointers && { pointers }) });
  });

  test.each([
    ['arrays', `{"amount":${'['.repeat(8_000)}${']'.repeat(8_000)}}`],
    ['objects', `{"amount":${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}}`],
  ])('with thousands of nested %s is refused', async (_, body) => {
    const answer = await service.post(`/accounts/${accountId}/deposit`, body);
    expect(answer.problem).toMatchObject({ status: 400, code: 'invalid_request' });
  });
});

describe('the body of a creation', () => {
  test.each([
    ['{"initialBalance":1}', '/ownerName'],
    ['{"ownerName":"Ada"}', '/initialBalance'],
    ['{"ownerName":"","initialBalance":1}', '/ownerName'],
    ['{"ownerName":"   ","initialBalance":1}', '/ownerName'],
    ['{"ownerName":"\\u00a0\\u2003\\t","initialBalance":1}', '/ownerName'],
    ['{"ownerName":"A\\u0000","initialBalance":1}', '/ownerName'],
    ['{"ownerName":"A\\nB","initialBalance":1}', '/ownerName'],
    ['{"ownerName":"A\\u007fB","initialBalance":1}', '/ownerName'],
    ['{"ownerName":"A\\u0085B","initialBalance":1}', '/ownerName'],
    ['{"ownerName":"\\ud800","initialBalance":1}', '/ownerName'],
    ['{"ownerName":"A\\udc00\\ud800","initialBalance":1}', '/ownerName'],
    [`{"ownerName":"${'x'.repeat(201)}","initialBalance":1}`, '/ownerName'],
    ['{"ownerName":5,"initialBalance":1}', '/ownerName'],
    ['{"ownerName":null,"initialBalance":1}', '/ownerName'],
    ['{"ownerName":["Ada"],"initialBalance":1}', '/ownerName'],
    ['{"ownerName":{"first":"Ada"},"initialBalance":1}', '/ownerName'],
    ['{"ownerName":"Ada","ownerName":"Ada","initialBalance":1}', '/ownerName'],
    ['{"ownerName":"Ada","initialBalance":1,"currency":"XQQ"}', '/currency'],
    ['{"ownerName":"Ada","initialBalance":1,"currency":"usd"}', '/currency'],
    ['{"ownerName":"Ada","initialBalance":1,"currency":""}', '/currency'],
    ['{"ownerName":"Ada","initialBalance":1,"currency":"USD "}', '/currency'],
    ['{"ownerName":"Ada","initialBalance":1,"currency":"constructor"}', '/currency'],
    ['{"ownerName":"Ada","initialBalance":1,"currency":null}', '/currency'],
    ['{"ownerName":"Ada","initialBalance":1,"currency":840}', '/currency'],
    ['{"ownerName":"Ada","initialBalance":1,"accountId":"x"}', '/accountId'],
    ['{"ownerName":"Ada","initialBalance":1,"balance":1}', '/balance'],
  ])('%s is refused and names %s', async (body, pointer) => {
    const answer = await service.post('/accounts', body);
    expectRefusal(answer, { status: 400, code: 'invalid_request', pointers: [pointer] });
  });
});

test.each([
  ['/accounts', '"x"', 'the body must be a JSON object'],
  ['/accounts', '{"ownerName":"","initialBalance":1}', 'ownerName must not be empty'],
  [
    '/accounts',
    `{"ownerName":"${'x'.repeat(201)}","initialBalance":1}`,
    'ownerName must have at most 200 characters',
  ],
  ['/transfers', '{"legs":[]}', 'legs must not be empty'],
  ['/transfers', '{"legs":{}}', 'legs must be a list'],
  [
    `/accounts/${HOLD}/holds`,
    '{"amount":1,"expiresAt":"soon"}',
    'expiresAt must be a time of RFC 3339 such as 2026-11-22T18:59:34Z',
  ],
])('%s with %s is refused in plain words', async (path, body, detail) => {
  const { problem } = await service.post(path, body);
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request', detail });
});

test.each([`holds/${HOLD}/capture`, `holds/${HOLD}/release`, 'unfreeze', 'close'])(
  'a body that may be missing may not be null: %s',
  async (verb) => {
    const answer = await service.post(`/accounts/${accountId}/${verb}`, 'null');
    expectRefusal(answer, { status: 400, code: 'invalid_request', pointers: [''] });
    expect(answer.problem.detail).toContain('the body');
  },
);

test.each([`holds/${HOLD}/capture`, `holds/${HOLD}/release`])(
  'a body that may be missing may be empty: %s',
  async (verb) => {
    const answer = await service.post(`/accounts/${accountId}/${verb}`, '');
    expectRefusal(answer, { status: 404, code: 'hold_not_found' });
  },
);

test('none of all this left a trace in the log, or was the service’s own fault', async () => {
  expect(await logLength(bank)).toBe(eventsBefore);
  expect(logged(service.process, '"level":"error"')).toEqual([]);
  const answer = await service.deposit(accountId, '90071992547409.91');
  expect(answer.account).toMatchObject({ balance: '90071992547509.91', version: 2 });
  expect(await logLength(bank)).toBe(eventsBefore + 1);
});
