import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed } from '../support/http.ts';
import { expectSound } from '../support/ledger.ts';
import { seededRandom } from '../support/random.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';
import { persistently } from '../support/retries.ts';

const DEPOSITS = 1_000;
const LONGEST_PATIENCE_MS = 300;

let bank: Bank;
let services: readonly [BankService, BankService];

beforeAll(async () => {
  bank = await startBank();
  services = await Promise.all([bank.startCommand(), bank.startCommand()]);
});
afterAll(() => bank.stop());

async function newAccount(initialBalance: unknown): Promise<string> {
  return (await services[0].create(initialBalance)).account.accountId;
}

test('1,000 deposits at once through both, sent again at random, count once each', async () => {
  const random = seededRandom('1,000 deposits');
  const accountId = await newAccount(0);
  const deposit = async (habit: number, first: BankService, second: BankService) => {
    const headers = keyed(random.uuid());
    const patience = AbortSignal.timeout(1 + random.below(LONGEST_PATIENCE_MS));
    const sendTo = (to: BankService) => persistently(() => to.deposit(accountId, '1.00', headers));
    switch (habit) {
      case 0:
        return [await sendTo(first)];
      case 1:
        return Promise.all([sendTo(first), sendTo(second)]);
      case 2:
        return [await sendTo(first), await sendTo(second)];
      default:
        // Gives up waiting, and never learns whether the first one got through.
        await first.deposit(accountId, '1.00', headers, patience).catch(() => undefined);
        return [await sendTo(second)];
    }
  };
  const clients = Array.from({ length: DEPOSITS }, () => {
    const second = random.below(2);
    return deposit(random.below(4), services[1 - second]!, services[second]!);
  });
  const answers = await Promise.all(clients);

  const ledger = await bank.ledger();
  const events = ledger.eventsOf(accountId);
  expect(events.filter(({ type }) => type === 'MoneyDeposited').length).toBe(DEPOSITS);
  const { account } = ledger.accounts.get(accountId)!;
  expect(account).toMatchObject({ balance: 100_000n, version: DEPOSITS + 1 });

  const versions = new Set<number>();
  for (const [first, ...again] of answers) {
    versions.add(first!.account.version);
    for (const other of again) expect(other.account).toEqual(first!.account);
  }
  expect(versions.size).toBe(DEPOSITS);

  await bank.startQuery();
  await untilProjected(bank.db, ledger.lastSequence);
  await expectReadModelsOf(bank.db, ledger);
}, 60_000);

test('50 withdrawals race for money that covers 20: 20 get it, 30 are refused', async () => {
  const accountId = await newAccount('20.00');
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      persistently(() => services[index % 2]!.withdraw(accountId, '1.00', keyed(`race-${index}`))),
    ),
  );
  const refused = answers.filter(({ status }) => status !== 200);
  expect(refused.map(({ problem }) => `${problem.status} ${problem.code}`)).toEqual(
    Array(30).fill('422 insufficient_funds'),
  );
  const ledger = await bank.ledger();
  const withdrawn = ledger.eventsOf(accountId).filter(({ type }) => type === 'MoneyWithdrawn');
  expect(withdrawn.length).toBe(20);
  expect(ledger.accounts.get(accountId)?.account.balance).toBe(0n);
});

test('money that came in through one service can be taken out through the other at once', async () => {
  const [a, b] = services;
  const accountId = await newAccount('1.00');
  // Now both have the account in their caches.
  await b.withdraw(accountId, '1.00');
  await a.deposit(accountId, '5.00');
  expect((await b.withdraw(accountId, '5.00')).account).toMatchObject({
    balance: '0.00',
    version: 4,
  });
  // And a refusal does not rest on a state that has passed.
  expect((await a.withdraw(accountId, '0.01')).problem.code).toBe('insufficient_funds');
  await b.deposit(accountId, '0.01');
  expect((await a.withdraw(accountId, '0.01')).account.version).toBe(6);
});

test('after all this the ledger is sound', async () => {
  expectSound(await bank.ledger());
});
