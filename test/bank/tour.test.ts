import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed } from '../support/http.ts';
import type { AccountBody, PageBody } from '../support/http.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let bank: Bank;
let commands: BankService;
let queries: BankService;

beforeAll(async () => {
  bank = await startBank();
  [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
});
afterAll(() => bank.stop());

describe('the tour', () => {
  let account: AccountBody;

  test('POST /accounts opens an account', async () => {
    const answer = await commands.post(
      '/accounts',
      '{"ownerName":"Juan Pérez","initialBalance":1000.0}',
    );
    account = answer.account;
    expect(answer.status).toBe(201);
    expect(account).toEqual({
      accountId: expect.stringMatching(UUID) as string,
      ownerName: 'Juan Pérez',
      currency: 'USD',
      status: 'open',
      balance: '1000.00',
      held: '0.00',
      available: '1000.00',
      overdraftLimit: '0.00',
      version: 1,
      sequence: 1,
    });
    expect(answer.headers.get('location')).toBe(`/accounts/${account.accountId}`);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  test('POST /accounts/{id}/deposit and /withdraw move money', async () => {
    const path = `/accounts/${account.accountId}`;
    const deposited = await commands.post(`${path}/deposit`, '{"amount":500.0}');
    expect(deposited.status).toBe(200);
    expect(deposited.account).toMatchObject({ balance: '1500.00', version: 2, sequence: 2 });
    expect(deposited.headers.get('etag')).toBe('"2"');
    const withdrawn = await commands.post(`${path}/withdraw`, '{"amount":200.0}');
    account = withdrawn.account;
    expect(account).toMatchObject({ balance: '1300.00', version: 3, sequence: 3 });
  });

  test('GET /accounts/{id} shows the balance as soon as minSequence says', async () => {
    const path = `/accounts/${account.accountId}`;
    const answer = await queries.get(`${path}?minSequence=${account.sequence}`);
    const { createdAt, updatedAt, ...rest } = answer.body as Record<string, string>;
    expect(rest).toEqual(account);
    expect(rest['balance']).toBe('1300.00');
    expect(new Date(createdAt!).toISOString()).toBe(createdAt);
    expect(Date.parse(updatedAt!)).toBeGreaterThanOrEqual(Date.parse(createdAt!));
    expect(answer.headers.get('etag')).toBe('"3"');
    // An id is the same in capitals.
    const capitals = await queries.get(`/accounts/${account.accountId.toUpperCase()}`);
    expect(capitals.text).toBe(answer.text);
  });

  test('GET /accounts lists it', async () => {
    const { items, nextCursor } = (await queries.get('/accounts')).body as PageBody;
    expect(items).toEqual([expect.objectContaining(account)]);
    expect(nextCursor).toBeNull();
  });

  test('GET /accounts/{id}/transactions is the statement, newest first', async () => {
    const path = `/accounts/${account.accountId}/transactions`;
    const { items } = (await queries.get(path)).body as PageBody;
    const lines = items.map(({ type, amount, balance, version }) => [
      type,
      amount,
      balance,
      version,
    ]);
    expect(lines).toEqual([
      ['withdrawal', '-200.00', '1300.00', 3],
      ['deposit', '500.00', '1500.00', 2],
      ['opening', '1000.00', '1000.00', 1],
    ]);
    const first = (await queries.get(`${path}?limit=2`)).body as PageBody;
    const second = await queries.get(`${path}?limit=2&cursor=${first.nextCursor ?? ''}`);
    expect([...first.items, ...(second.body as PageBody).items]).toEqual(items);
    expect((second.body as PageBody).nextCursor).toBeNull();
  });

  test('If-Match lets a command through only at that version', async () => {
    const path = `/accounts/${account.accountId}/deposit`;
    const stale = await commands.post(path, { amount: 1 }, { 'if-match': '"2"' });
    expect(stale.problem).toMatchObject({ status: 412, code: 'version_mismatch' });
    const current = await commands.post(path, { amount: 1 }, { 'if-match': '"3"' });
    expect(current.account.version).toBe(4);
    const any = await commands.post(path, { amount: 1 }, { 'if-match': '*' });
    expect(any.account.version).toBe(5);
  });

  test('Idempotent-Replayed marks the answer to a repeated request, which is the same again', async () => {
    const { accountId } = account;
    const first = await commands.deposit(accountId, '1.00', keyed('tour'));
    expect(first.headers.has('idempotent-replayed')).toBe(false);
    await commands.deposit(accountId, '1.00');
    const again = await commands.deposit(accountId, '1.00', keyed('tour'));
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([
      first.status,
      first.text,
      first.headers.get('etag'),
    ]);
    // The precondition was met the first time; that is what the answer is about.
    const conditional = { ...keyed('tour'), 'if-match': '"5"' };
    expect((await commands.deposit(accountId, '1.00', conditional)).text).toBe(first.text);
  });

  test('X-Request-Id comes back as it was sent, and is made up where it was not', async () => {
    for (const service of [commands, queries]) {
      const sent = await service.get('/healthz', { 'x-request-id': 'req-42' });
      expect(sent.headers.get('x-request-id')).toBe('req-42');
      const unknown = await service.get('/nowhere', { 'x-request-id': 'req-43' });
      expect(unknown.problem.requestId).toBe('req-43');
      const madeUp = await service.get('/nowhere');
      expect(madeUp.headers.get('x-request-id')).toMatch(UUID);
      expect(madeUp.problem.requestId).toBe(madeUp.headers.get('x-request-id'));
    }
  });

  test('a minSequence of the future is answered 503 with Retry-After', async () => {
    const { accountId } = account;
    const paths = [`/accounts/${accountId}`, '/accounts', `/accounts/${accountId}/transactions`];
    const answers = await Promise.all(
      paths.map((path) => queries.get(`${path}?minSequence=1000000`)),
    );
    for (const answer of answers) {
      expect(answer.problem).toMatchObject({ status: 503, code: 'unavailable' });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  });

  test('an account that is not there is 404 on both services', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    const answers = await Promise.all([
      commands.deposit(id, 1),
      commands.withdraw(id, 1),
      queries.get(`/accounts/${id}`),
      queries.get(`/accounts/${id}/transactions`),
    ]);
    for (const { problem } of answers) {
      expect(problem).toMatchObject({ status: 404, code: 'account_not_found' });
    }
  });
});
