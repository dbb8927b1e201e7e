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
  readonly currencies: readonly Readonly<Record<string, unknown>>[];
}

const proof = async (query = '') => (await queries.get(`/proof?${query}`)).body as Proof;

test('of an empty bank is empty', async () => {
  expect(await proof()).toEqual({ sequence: 0, agrees: true, currencies: [] });
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
    currencies: [
      {
        currency: 'JPY',
        accounts: 1,
        deposited: '700',
        withdrawn: '0',
        balances: '700',
        agrees: true,
      },
      {
        currency: 'USD',
        accounts: 2,
        deposited: '120.55',
        withdrawn: '0.55',
        balances: '120.00',
        agrees: true,
      },
    ],
  });
});

test('agrees at every moment while events are written', async () => {
  const history = await historyWriter(bank.nc, seededRandom('proof'), 50);
  const seen = new Set<number>();
  let last = 0;
  // Until it has been asked in the middle of the writing often enough.
  const writing = (async () => {
    while (seen.size < MOMENTS) last = await history.write(50);
  })();
  while (seen.size < MOMENTS) {
    const { agrees, sequence } = await proof();
    expect(agrees).toBe(true);
    seen.add(sequence);
  }
  await writing;
  const { currencies } = await proof(`minSequence=${last}`);
  const { accounts } = await bank.ledger();
  const balances = [...accounts.values()]
    .filter(({ account }) => account.currency === 'USD')
    .reduce((sum, { account }) => sum + account.balance, 0n);
  expect(currencies[1]).toMatchObject({ currency: 'USD', balances: dollarsOf(balances) });
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
