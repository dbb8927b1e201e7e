import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed, send } from '../support/http.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';

const UNKNOWN = '9ac3f07f-4994-43f3-9e59-b58d22ec8350';

let bank: Bank;
let first: BankService;
let second: BankService;

beforeAll(async () => {
  bank = await startBank();
  [first, second] = await Promise.all([bank.startCommand(), bank.startCommand()]);
});
afterAll(() => bank.stop());

const opened = async (balance: string, more: object = {}) =>
  (await first.create(balance, {}, more)).account.accountId;
const transfer = (
  service: BankService,
  fromAccountId: string,
  toAccountId: string,
  amount: unknown,
  headers = {},
) => service.post('/transfers', { fromAccountId, toAccountId, amount }, headers);

describe('a transfer', () => {
  test('moves the money in one append, and both sides say so', async () => {
    const [ada, bob] = [await opened('100.00'), await opened('0')];
    const { status, body, headers } = await transfer(first, ada, bob, 30.5);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      amount: '30.50',
      currency: 'USD',
      reference: null,
      from: { accountId: ada, balance: '69.50', version: 2 },
      to: { accountId: bob, balance: '30.50', version: 2 },
    });
    expect(headers.get('etag')).toBe('"2"');
    const { transferId, sequence } = body as { transferId: string; sequence: number };
    const { events } = await bank.ledger();
    expect(events.filter(({ sequence: at }) => at >= sequence - 1)).toMatchObject([
      { event: { type: 'TransferSent', accountId: ada, counterparty: bob, transferId } },
      { event: { type: 'TransferReceived', accountId: bob, counterparty: ada, transferId } },
    ]);
  });

  test('with a key is answered again word for word, by either service, and takes effect once', async () => {
    const [ada, bob] = [await opened('10.00'), await opened('10.00')];
    const key = keyed('rent-1');
    const answer = await transfer(first, ada, bob, '1.00', key);
    await transfer(first, bob, ada, '0.25');
    for (const service of [first, second]) {
      const again = await transfer(service, ada, bob, 1, key);
      expect(again.status).toBe(201);
      expect(again.text).toBe(answer.text);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      const other = await transfer(service, ada, bob, 2, key);
      expect(other.problem.code).toBe('idempotency_key_reused');
    }
    // The key is the sender's: the receiver may have the same one.
    expect((await first.deposit(bob, '1.00', key)).account.balance).toBe('11.75');
  });

  test('leaves every key to the account that it came to, its own id too', async () => {
    const [ada, bob] = [await opened('10.00'), await opened('10.00')];
    const { body } = await transfer(first, ada, bob, '1.00', keyed('rent-2'));
    const key = keyed((body as { transferId: string }).transferId);
    const answer = await second.withdraw(bob, '5.00', key);
    expect(answer.account.balance).toBe('6.00');
    expect(answer.headers.get('idempotent-replayed')).toBeNull();
    expect((await first.withdraw(bob, '5.00', key)).text).toBe(answer.text);
  });

  test('of several legs leaves keys with numbers to others', async () => {
    const [ada, bob] = [await opened('5.00'), await opened('0')];
    const legs = Array.from({ length: 3 }, () => ({ from: ada, to: bob, amount: '1.00' }));
    expect((await first.deposit(ada, '1.00', keyed('payroll:1'))).status).toBe(200);
    expect((await first.post('/transfers', { legs }, keyed('payroll'))).status).toBe(201);
    expect((await second.deposit(ada, '1.00', keyed('payroll:2'))).account.balance).toBe('4.00');
  });

  test('that was refused for the state stays refused', async () => {
    const [ada, bob] = [await opened('1.00'), await opened('0')];
    const refused = await transfer(first, ada, bob, '1.01', keyed('too-much'));
    expect(refused.problem).toMatchObject({ status: 422, code: 'insufficient_funds' });
    await first.deposit(ada, '5.00');
    const again = await transfer(second, ada, bob, '1.01', keyed('too-much'));
    expect(again.problem.detail).toBe(refused.problem.detail);
  });

  test('of several legs is all or nothing, and an account may be in several', async () => {
    const [ada, bob, eve] = [await opened('5.00'), await opened('0'), await opened('0')];
    const legs = [
      { from: ada, to: bob, amount: 5 },
      { from: bob, to: eve, amount: '2.00' },
      { from: eve, to: ada, amount: 0.5 },
    ];
    const { body } = await first.post('/transfers', { legs }, keyed('three'));
    expect(body).toMatchObject({
      accounts: [
        { accountId: ada, balance: '0.50', version: 3 },
        { accountId: bob, balance: '3.00', version: 3 },
        { accountId: eve, balance: '1.50', version: 3 },
      ],
    });
    expect((await second.post('/transfers', { legs }, keyed('three'))).body).toEqual(body);
    const tooMuch = [legs[2], { from: ada, to: bob, amount: '1.01' }];
    const { problem } = await first.post('/transfers', { legs: tooMuch });
    expect(problem.errors).toMatchObject([{ pointer: '/legs/1/amount' }]);
  });

  test('of one leg in a list is answered and refused as a list, and is the same under its key', async () => {
    const [ada, bob] = [await opened('5.00'), await opened('0')];
    const post = (amount: string, key?: string) =>
      first.post('/transfers', { legs: [{ from: ada, to: bob, amount }] }, key ? keyed(key) : {});
    const { body } = await post('2.00', 'listed');
    expect(body).toMatchObject({
      legs: [{ fromAccountId: ada, toAccountId: bob, amount: '2.00' }],
      accounts: [
        { accountId: ada, balance: '3.00' },
        { accountId: bob, balance: '2.00' },
      ],
    });
    expect(body).not.toHaveProperty('from');
    expect((await post('4.00')).problem.errors).toMatchObject([{ pointer: '/legs/0/amount' }]);
    const again = await transfer(second, ada, bob, '2.00', keyed('listed'));
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.body).toMatchObject({ from: { balance: '3.00' }, to: { balance: '2.00' } });
  });

  test.each([
    ['to itself', 'same_account', 422, (a: string) => ({ fromAccountId: a, toAccountId: a })],
    [
      'to nobody',
      'account_not_found',
      404,
      (a: string) => ({ fromAccountId: a, toAccountId: UNKNOWN }),
    ],
    [
      'from nobody',
      'account_not_found',
      404,
      (a: string) => ({ fromAccountId: UNKNOWN, toAccountId: a }),
    ],
    ['without a receiver', 'invalid_request', 400, (a: string) => ({ fromAccountId: a })],
    ['to no id', 'invalid_request', 400, (a: string) => ({ fromAccountId: a, toAccountId: 'x.>' })],
    [
      'with legs besides',
      'invalid_request',
      400,
      (a: string) => ({ fromAccountId: a, legs: [{ from: a, to: UNKNOWN, amount: 1 }] }),
    ],
    ['of no legs', 'invalid_request', 400, () => ({ legs: [], amount: undefined })],
  ])('%s is %s, and leaves nothing', async (_, code, status, sides) => {
    const ada = await opened('1.00');
    const before = (await bank.ledger()).lastSequence;
    const { problem } = await first.post('/transfers', { amount: '0.01', ...sides(ada) });
    expect(problem).toMatchObject({ code, status });
    expect((await bank.ledger()).lastSequence).toBe(before);
  });

  test('into another currency is refused', async () => {
    const [ada, eve] = [await opened('1.00'), await opened('1.00', { currency: 'EUR' })];
    const { problem } = await transfer(first, ada, eve, '0.01');
    expect(problem).toMatchObject({ status: 422, code: 'currency_mismatch' });
  });

  test('keeps to If-Match of the account that pays', async () => {
    const [ada, bob] = [await opened('1.00'), await opened('1.00')];
    const stale = await transfer(first, ada, bob, '0.10', { 'if-match': '"2"' });
    const detail = `account ${ada} is at version 1`;
    expect(stale.problem).toMatchObject({ status: 412, code: 'version_mismatch', detail });
    expect((await transfer(first, ada, bob, '0.10', { 'if-match': '"1"' })).status).toBe(201);
  });
});

test('opposing transfers through two services: no deadlock, no half of one, money as it was', async () => {
  const ids = await Promise.all(Array.from({ length: 4 }, () => opened('2.00')));
  const answers = await Promise.all(
    Array.from({ length: 256 }, async (_, index) => {
      const [from = '', to = ''] = [ids[index % 4], ids[(index + 1 + (index % 3)) % 4]];
      const service = index % 2 === 0 ? first : second;
      // What lost its race too often is asked for again, as a client would.
      for (;;) {
        const answer = await transfer(service, from, to, '0.75', keyed(`opposing-${index}`));
        if (answer.status !== 409 && answer.status < 500) return answer;
      }
    }),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 422]));
  const { accounts, events } = await bank.ledger();
  const balances = ids.map((id) => accounts.get(id)?.account.balance ?? 0n);
  expect(balances.reduce((sum, balance) => sum + balance, 0n)).toBe(800n);
  const sent = events.filter(
    ({ event }) => event.type === 'TransferSent' && ids.includes(event.accountId),
  );
  expect(sent).toHaveLength(answers.filter(({ status }) => status === 201).length);
});

describe('holds and the life of an account', () => {
  test('a hold is placed, captured in part, and each repeat is answered as the first time', async () => {
    const ada = await opened('100.00');
    const place = () =>
      first.post(`/accounts/${ada}/holds`, { amount: 60, reference: 'Hotel' }, keyed('hold-1'));
    const placed = await place();
    expect(placed.status).toBe(201);
    expect(placed.body).toMatchObject({
      ...{ amount: '60.00', currency: 'USD', expiresAt: null, reference: 'Hotel' },
      account: { balance: '100.00', held: '60.00', available: '40.00' },
    });
    expect((await place()).text).toBe(placed.text);
    const { holdId } = placed.body as { holdId: string };
    expect((await first.withdraw(ada, '40.01')).problem.code).toBe('insufficient_funds');
    const capture = () =>
      second.post(`/accounts/${ada}/holds/${holdId}/capture`, { amount: '25.00' }, keyed('cap-1'));
    const captured = await capture();
    expect(captured.body).toMatchObject({
      ...{ holdId, captured: '25.00', released: '35.00' },
      account: { balance: '75.00', held: '0.00', available: '75.00' },
    });
    expect((await capture()).text).toBe(captured.text);
    const released = await first.post(`/accounts/${ada}/holds/${holdId}/release`, undefined);
    expect(released.problem).toMatchObject({ status: 404, code: 'hold_not_found' });
  });

  test('freeze, overdraft and close answer the account, and refuse clearly', async () => {
    const ada = await opened('10.00');
    const post = (verb: string, body?: object) => first.post(`/accounts/${ada}/${verb}`, body);
    expect((await post('freeze', {})).problem.errors).toMatchObject([{ pointer: '/reason' }]);
    expect((await post('freeze', { reason: 'stolen' })).account).toMatchObject({
      status: 'frozen',
    });
    expect((await first.withdraw(ada, '1.00')).problem).toMatchObject({
      ...{ status: 409, code: 'account_frozen' },
    });
    expect((await first.deposit(ada, '1.00')).account.balance).toBe('11.00');
    expect((await post('unfreeze')).account).toMatchObject({ status: 'open' });
    const limit = await send(`${first.url}/accounts/${ada}/overdraft-limit`, {
      method: 'PUT',
      body: { limit: 20 },
    });
    expect(limit.account).toMatchObject({ overdraftLimit: '20.00', available: '31.00' });
    expect((await first.withdraw(ada, '31.00')).account.balance).toBe('-20.00');
    expect((await post('close')).problem.code).toBe('account_not_empty');
    await first.deposit(ada, '20.00');
    expect((await post('close', { reason: 'moved' })).account).toMatchObject({ status: 'closed' });
    expect((await first.deposit(ada, '1.00')).problem).toMatchObject({
      ...{ status: 409, code: 'account_closed' },
    });
  });
});

test('the read models show all of it', async () => {
  await bank.startQuery();
  const ledger = await bank.ledger();
  await untilProjected(bank.db, ledger.lastSequence);
  await expectReadModelsOf(bank.db, ledger);
});
