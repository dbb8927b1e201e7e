import { describe, expect, test } from 'vitest';
import { decimal, given, opened } from '../../test/support/given.ts';
import type { AccountFact } from './events.ts';
import type { TransferLeg } from './commands.ts';

const ADA = 'ada';
const BOB = 'bob';
const EVE = 'eve';
const TRANSFER = 'the-transfer';

const leg = (from: string, to: string, amount: string): TransferLeg => ({
  from,
  to,
  amount: decimal(amount),
});
const move = (...legs: TransferLeg[]) =>
  ({ type: 'Transfer', transferId: TRANSFER, legs, reference: 'rent' }) as const;
const sent = (counterparty: string, amount: bigint, balance: bigint) => ({
  type: 'TransferSent',
  ...{ transferId: TRANSFER, counterparty, amount, reference: 'rent', balance, held: 0n },
});
const received = (counterparty: string, amount: bigint, balance: bigint) => ({
  ...sent(counterparty, amount, balance),
  type: 'TransferReceived',
});
const frozen: AccountFact = {
  type: 'AccountFrozen',
  reason: 'r',
  ...{ currency: 'USD', balance: 100n, held: 0n, overdraftLimit: 0n, status: 'frozen' },
};
const closed: AccountFact = {
  type: 'AccountClosed',
  reason: null,
  ...{ currency: 'USD', balance: 0n, held: 0n, overdraftLimit: 0n, status: 'closed' },
};

describe('a transfer', () => {
  test('takes from one and gives to the other', () => {
    const decided = given({ [ADA]: [opened(100n)], [BOB]: [opened(5n)] }).whenTransfer(
      move(leg(ADA, BOB, '0.30')),
    );
    expect(decided).toMatchObject({
      ok: true,
      facts: [
        { accountId: ADA, fact: sent(BOB, 30n, 70n) },
        { accountId: BOB, fact: received(ADA, 30n, 35n) },
      ],
    });
  });

  test('of several legs takes each on what the ones before leave behind', () => {
    const decided = given({
      [ADA]: [opened(100n)],
      [BOB]: [opened(0n)],
      [EVE]: [opened(0n)],
    }).whenTransfer(move(leg(ADA, BOB, '1.00'), leg(BOB, EVE, '0.60'), leg(EVE, ADA, '0.10')));
    expect(decided).toMatchObject({
      ok: true,
      facts: [
        { accountId: ADA, fact: sent(BOB, 100n, 0n) },
        { accountId: BOB, fact: received(ADA, 100n, 100n) },
        { accountId: BOB, fact: sent(EVE, 60n, 40n) },
        { accountId: EVE, fact: received(BOB, 60n, 60n) },
        { accountId: EVE, fact: sent(ADA, 10n, 50n) },
        { accountId: ADA, fact: received(EVE, 10n, 10n) },
      ],
    });
  });

  test('of which one leg is refused is refused as a whole, and names that leg', () => {
    const decided = given({ [ADA]: [opened(100n)], [BOB]: [opened(0n)] }).whenTransfer(
      move(leg(ADA, BOB, '0.50'), leg(ADA, BOB, '0.51')),
    );
    expect(decided).toMatchObject({
      ok: false,
      error: { code: 'insufficient_funds', field: 'legs/1/amount' },
    });
  });

  test.each<[string, Parameters<typeof given>[0], TransferLeg, object]>([
    ['to itself', { ada: [opened(9n)] }, leg(ADA, ADA, '0.01'), refusal('same_account', 'to')],
    [
      'from nobody',
      { bob: [opened(9n)] },
      leg(ADA, BOB, '0.01'),
      refusal('account_not_found', 'from'),
    ],
    ['to nobody', { ada: [opened(9n)] }, leg(ADA, BOB, '0.01'), refusal('account_not_found', 'to')],
    [
      'into another currency',
      { ada: [opened(9n)], bob: [opened(9n, 'EUR')] },
      leg(ADA, BOB, '0.01'),
      refusal('currency_mismatch', 'to'),
    ],
    [
      'of nothing',
      { ada: [opened(9n)], bob: [opened(9n)] },
      leg(ADA, BOB, '0'),
      refusal('invalid_amount', 'amount'),
    ],
    [
      'of more than there is',
      { ada: [opened(9n)], bob: [opened(9n)] },
      leg(ADA, BOB, '0.10'),
      refusal('insufficient_funds', 'amount'),
    ],
    [
      'out of a frozen account',
      { ada: [opened(100n), frozen], bob: [opened(9n)] },
      leg(ADA, BOB, '0.01'),
      refusal('account_frozen', 'from'),
    ],
    [
      'into a closed account',
      { ada: [opened(100n)], bob: [opened(0n), closed] },
      leg(ADA, BOB, '0.01'),
      refusal('account_closed', 'to'),
    ],
  ])('%s is refused', (_, accounts, one, expected) => {
    expect(given(accounts).whenTransfer(move(one))).toMatchObject(expected);
  });

  test('into a frozen account goes through, unless the bank says otherwise', () => {
    const bank = given({ [ADA]: [opened(100n)], [BOB]: [opened(100n), frozen] });
    const one = move(leg(ADA, BOB, '0.01'));
    expect(bank.whenTransfer(one)).toMatchObject({ ok: true });
    expect(bank.whenTransfer(one, { frozenTakesMoney: false })).toMatchObject(
      refusal('account_frozen', 'to'),
    );
  });
});

function refusal(code: string, field: keyof TransferLeg) {
  const names = { from: 'fromAccountId', to: 'toAccountId', amount: 'amount' };
  return { ok: false, error: { code, field: names[field] } };
}
