import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed } from '../support/http.ts';
import type { PageBody } from '../support/http.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';
import { expectRefusal, logLength } from '../support/refusals.ts';

let bank: Bank;
let commands: BankService;
let queries: BankService;
let accountId: string;

beforeAll(async () => {
  bank = await startBank();
  [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
  // With a key the account always has the same id, so the hash below can be told beforehand.
  ({ accountId } = (await commands.create('100.00', keyed('references'))).account);
});
afterAll(() => bank.stop());

const move = (verb: string, body: unknown, key?: string) =>
  commands.post(`/accounts/${accountId}/${verb}`, body, key === undefined ? {} : keyed(key));

test('a reference is in the log and on the statement; lines without one show null', async () => {
  await move('deposit', { amount: '5.00', reference: '  Invoice 2026-117, Žofie 👩🏽‍💻 ' });
  await move('withdraw', { amount: '1.00', reference: 'x'.repeat(140) });
  const { sequence } = (await move('withdraw', { amount: '1.00' })).account;

  const ledger = await bank.ledger();
  const inLog = ledger.eventsOf(accountId).map((event) => 'reference' in event && event.reference);
  const wanted = ['Invoice 2026-117, Žofie 👩🏽‍💻', 'x'.repeat(140), null];
  expect(inLog).toEqual([false, ...wanted]);

  const path = `/accounts/${accountId}/transactions?minSequence=${sequence}`;
  const { items } = (await queries.get(path)).body as PageBody;
  expect(items.map(({ reference }) => reference)).toEqual([...wanted.reverse(), null]);
  await untilProjected(bank.db, ledger.lastSequence);
  await expectReadModelsOf(bank.db, ledger);
});

describe('under an idempotency key', () => {
  test('the same reference is a repeat, another one or none is another request', async () => {
    const body = { amount: '1.00', reference: 'rent' };
    const first = await move('deposit', body, 'rent-11');
    const again = await move('deposit', { ...body, reference: ' rent ' }, 'rent-11');
    expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([first.text, 'true']);
    for (const other of [{ ...body, reference: 'Rent' }, { amount: '1.00' }]) {
      expect((await move('deposit', other, 'rent-11')).problem).toMatchObject({
        status: 422,
        code: 'idempotency_key_reused',
      });
    }
  });

  test('a request without one has the hash that it had before there were references', async () => {
    await move('deposit', { amount: '5.00' }, 'retried-across-the-upgrade');
    const event = (await bank.ledger()).eventsOf(accountId).at(-1);
    expect(event?.commandHash).toBe('3e5615c4031fa628');
  });
});

test.each([
  ['""'],
  ['"   "'],
  ['"\\u00a0\\u2003\\t"'],
  [`"${'x'.repeat(141)}"`],
  ['"A\\u0000"'],
  ['"A\\nB"'],
  ['"\\ud800"'],
  ['null'],
  ['5'],
  ['["rent"]'],
  ['{"text":"rent"}'],
])('a reference of %s is refused and named', async (text) => {
  const before = await logLength(bank);
  for (const verb of ['deposit', 'withdraw']) {
    const answer = await move(verb, `{"amount":1,"reference":${text}}`);
    expectRefusal(answer, { status: 400, code: 'invalid_request', pointers: ['/reference'] });
  }
  expect(await logLength(bank)).toBe(before);
});
