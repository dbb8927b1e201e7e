import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed } from '../support/http.ts';
import { expectSound } from '../support/ledger.ts';

let bank: Bank;
let a: BankService;
let b: BankService;

beforeAll(async () => {
  bank = await startBank();
  [a, b] = await Promise.all([bank.startCommand(), bank.startCommand()]);
});
afterAll(async () => {
  expectSound(await bank.ledger());
  await bank.stop();
});

test('a creation with the same key makes one account, at once on both services and again later', async () => {
  const headers = keyed('create-once');
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? a : b).create('7.00', headers)),
  );
  answers.push(await b.create('7.00', headers));
  expect(answers.map(({ status }) => status)).toEqual(Array(21).fill(201));
  const [first] = answers;
  expect(new Set(answers.map(({ text }) => text))).toEqual(new Set([first!.text]));
  const replayed = answers.filter(
    ({ headers: sent }) => sent.get('idempotent-replayed') === 'true',
  );
  expect(replayed.length).toBe(20);
  expect((await bank.ledger()).eventsOf(first!.account.accountId).length).toBe(1);
});

test('the same key with another body is refused, and nothing is written', async () => {
  const { accountId } = (await a.create('10.00', keyed('k-create'))).account;
  expect((await a.deposit(accountId, '1.00', keyed('k'))).account.balance).toBe('11.00');
  const before = (await bank.ledger()).lastSequence;
  const refused = [
    await a.deposit(accountId, '2.00', keyed('k')),
    await b.deposit(accountId, '2.00', keyed('k')),
    await b.withdraw(accountId, '1.00', keyed('k')),
    await b.create('11.00', keyed('k-create')),
    await b.create('10.00', keyed('k-create'), { ownerName: 'Somebody Else' }),
    await a.create('10.00', keyed('k-create'), { currency: 'EUR' }),
  ];
  for (const { problem } of refused) {
    expect(problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  }
  expect((await bank.ledger()).lastSequence).toBe(before);
});

test('a creation that left the currency to the service is the same after the default has changed', async () => {
  const euros = await bank.startCommand({ DEFAULT_CURRENCY: 'EUR' });
  const first = await a.create('3.00', keyed('default'));
  const again = await euros.create('3.00', keyed('default'));
  expect([again.status, again.text]).toEqual([201, first.text]);
  const named = await euros.create('3.00', keyed('default'), { currency: 'EUR' });
  expect(named.problem.code).toBe('idempotency_key_reused');
  expect((await euros.create('4.00', keyed('default'))).status).toBe(422);
  expect((await euros.create('3.00', keyed('new'))).account.currency).toBe('EUR');
});

test('a creation that names no currency repeats one that named the default, and none that named another', async () => {
  const named = await a.create('3.00', keyed('dollars'), { currency: 'USD' });
  const again = await b.create('3.00', keyed('dollars'));
  expect([again.status, again.text]).toEqual([201, named.text]);
  await a.create('3.00', keyed('euros'), { currency: 'EUR' });
  const another = await b.create('3.00', keyed('euros'));
  expect(another.problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
});

test('the same amount in another spelling is the same request', async () => {
  const { accountId } = (await a.create(0)).account;
  const first = await a.deposit(accountId, 5, keyed('spelling'));
  const again = await b.post(`/accounts/${accountId}/deposit`, '{ "amount" : "5.00" }', {
    ...keyed('spelling'),
  });
  expect(again.account).toEqual(first.account);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
});

test('the same key on another account is another command', async () => {
  const one = (await a.create(0)).account.accountId;
  const other = (await a.create(0)).account.accountId;
  await a.deposit(one, '1.00', keyed('shared'));
  const answer = await a.deposit(other, '2.00', keyed('shared'));
  expect(answer.account.balance).toBe('2.00');
  expect(answer.headers.get('idempotent-replayed')).toBeNull();
});

test('a keyed command refused for lack of funds stays refused, on both services', async () => {
  const { accountId } = (await a.create(0)).account;
  const refused = await a.withdraw(accountId, '1.00', keyed('poor'));
  expect(refused.problem).toMatchObject({ status: 422, code: 'insufficient_funds' });
  await b.deposit(accountId, '1.00');
  for (const service of [a, b]) {
    const again = await service.withdraw(accountId, '1.00', keyed('poor'));
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const { status, code, detail } = again.problem;
    expect({ status, code, detail }).toEqual({
      status: refused.problem.status,
      code: refused.problem.code,
      detail: refused.problem.detail,
    });
  }
  expect((await a.withdraw(accountId, '1.00', keyed('rich'))).account.balance).toBe('0.00');
});

test('a key is known after the service was killed, with and without a snapshot', async () => {
  const { accountId } = (await a.create(0, keyed('restart-create'))).account;
  const first = await a.deposit(accountId, '1.00', keyed('restart'));
  await a.process.kill('SIGKILL');
  a = await bank.startCommand();
  const again = await a.deposit(accountId, '1.00', keyed('restart'));
  expect(again.text).toBe(first.text);
  expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
  expect(again.headers.get('idempotent-replayed')).toBe('true');

  // Versions 3 to 6: the fifth event left a snapshot, the sixth comes behind it.
  for (let version = 3; version <= 6; version += 1) await a.deposit(accountId, '1.00');
  await a.process.stop();
  a = await bank.startCommand();
  const later = await a.deposit(accountId, '1.00', keyed('restart'));
  expect(later.text).toBe(first.text);
  const created = await a.create(0, keyed('restart-create'));
  expect(created.account).toMatchObject({ accountId, balance: '0.00', version: 1 });
  expect((await a.deposit(accountId, '2.00', keyed('restart'))).status).toBe(422);
});
