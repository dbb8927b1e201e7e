import { afterAll, beforeAll, expect, test } from 'vitest';
import { openedWith } from '../../src/account/events.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import { seededRandom } from '../support/random.ts';

/** Different positions of the read models at which it is asked while they move. */
const MOMENTS = 8;

let bank: Bank;
let commands: BankService;
let queries: BankService;

beforeAll(async () => {
  bank = await startBank();
  [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
});
afterAll(() => bank.stop());

interface Proof {
  readonly sequence: number;
  readonly agrees: boolean;
  readonly transfers: Readonly<Record<'compared' | 'sequence' | 'agrees', unknown>>;
  readonly currencies: readonly Readonly<Record<string, unknown>>[];
}

const proof = async (query = '') => (await queries.get(`/proof?${query}`)).body as Proof;

test('of an empty bank is empty', async () => {
  const transfers = { compared: true, sequence: 0, agrees: true };
  expect(await proof()).toEqual({ sequence: 0, agrees: true, transfers, currencies: [] });
});

test('says per currency what came in, what went out and what is there', async () => {
  const dollars = (await commands.create('100.00')).account.accountId;
  await commands.create('0.50');
  await commands.create(700, {}, { currency: 'JPY' });
  await commands.deposit(dollars, '20.05');
  const { sequence } = (await commands.withdraw(dollars, '0.55')).account;
  expect(await proof(`minSequence=${sequence}`)).toEqual({
    sequence,
    agrees: true,
    transfers: { compared: true, sequence, agrees: true },
    currencies: [
      {
        currency: 'JPY',
        accounts: 1,
        deposited: '700',
        withdrawn: '0',
        received: '0',
        sent: '0',
        balances: '700',
        held: '0',
        overdrawn: '0',
        agrees: true,
      },
      {
        currency: 'USD',
        accounts: 2,
        deposited: '120.55',
        withdrawn: '0.55',
        received: '0.00',
        sent: '0.00',
        balances: '120.00',
        held: '0.00',
        overdrawn: '0.00',
        agrees: true,
      },
    ],
  });
});

test('agrees at every moment while events are written, transfers among them', async () => {
  const history = await historyWriter(bank.nc, seededRandom('proof'), 50);
  const seen = new Set<number>();
  let last = 0;
  // Until it has been asked in the middle of the writing often enough.
  const writing = (async () => {
    while (seen.size < MOMENTS) last = await history.write(50);
  })();
  while (seen.size < MOMENTS) {
    const { agrees, sequence, transfers } = await proof();
    expect(agrees).toBe(true);
    expect(transfers).toMatchObject({ compared: true, agrees: true });
    seen.add(sequence);
  }
  await writing;
  const { currencies } = await proof(`minSequence=${last}`);
  const { accounts, events } = await bank.ledger();
  const dollars = [...accounts.values()]
    .map(({ account }) => account)
    .filter(({ currency }) => currency === 'USD');
  const sum = (values: readonly bigint[]) =>
    dollarsOf(values.reduce((total, value) => total + value, 0n));
  const sent = sum(events.map(({ event }) => (event.type === 'TransferSent' ? event.amount : 0n)));
  expect(currencies[1]).toMatchObject({
    currency: 'USD',
    balances: sum(dollars.map(({ balance }) => balance)),
    held: sum(dollars.map(({ held }) => held)),
    overdrawn: sum(dollars.map(({ balance }) => (balance < 0n ? -balance : 0n))),
    sent,
    received: sent,
  });
  expect(sent).not.toBe('0.00');
});

test('sees a transfer of which one side is missing', async () => {
  const accounts = bank.db.collection<AccountDocument>('accounts_v1');
  const [payer] = await accounts.find({ sent: { $gt: 0n } }).toArray();
  // What the account itself shows still adds up: the money was never sent.
  const undone = { sent: -1n, balance: 1n };
  await accounts.updateOne({ _id: payer!._id }, { $inc: undone });
  const { agrees, transfers, currencies } = await proof();
  expect(agrees).toBe(false);
  expect(transfers).toMatchObject({ compared: true, agrees: false });
  expect(currencies.map((currency) => currency['agrees'])).toEqual([true, true]);
  await accounts.updateOne({ _id: payer!._id }, { $inc: { sent: 1n, balance: -1n } });
  expect((await proof()).agrees).toBe(true);
});

test('sums beyond 2^63 and sees a single missing cent', async () => {
  const accounts = bank.db.collection<AccountDocument>('accounts_v1');
  const at = new Date(0);
  const most = 9_223_372_036_854_775_807n;
  const rich = (_id: string): AccountDocument => ({
    ...{ _id, ownerName: 'Croesus', currency: 'EUR', ...openedWith(most), deposited: most },
    ...{
      withdrawn: 0n,
      received: 0n,
      sent: 0n,
      version: 1,
      sequence: 1n,
      createdAt: at,
      updatedAt: at,
    },
  });
  await accounts.insertMany([rich('a'), rich('b'), rich('c')]);
  const [euros] = (await proof()).currencies;
  const sum = '276701161105643274.21';
  expect(euros).toMatchObject({ deposited: sum, balances: sum, agrees: true });
  await accounts.updateOne({ _id: 'b' }, { $inc: { balance: -1n } });
  const { agrees, currencies } = await proof();
  expect(agrees).toBe(false);
  expect(currencies.map((currency) => currency['agrees'])).toEqual([false, true, true]);
});

test.each([
  ['currency=USD', '/currency'],
  ['minSequence=x', '/minSequence'],
])('GET /proof?%s is refused and names %s', async (query, pointer) => {
  const { problem } = await queries.get(`/proof?${query}`);
  expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
  expect(problem.errors?.map((error) => error.pointer)).toEqual([pointer]);
});

const dollarsOf = (cents: bigint) => `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
