import { describe, expect, test } from 'vitest';
import { decimal, given, opened } from '../../test/support/given.ts';
import type { AccountCommand } from './commands.ts';
import type { AccountFact, Standing } from './events.ts';

const stands = (standing: Partial<Standing>) =>
  ({
    currency: 'USD',
    balance: 0n,
    held: 0n,
    overdraftLimit: 0n,
    status: 'open',
    ...standing,
  }) as const;
const frozen: AccountFact = {
  ...{ type: 'AccountFrozen', reason: 'stolen' },
  ...stands({ balance: 100n, status: 'frozen' }),
};
const closed: AccountFact = {
  ...{ type: 'AccountClosed', reason: null },
  ...stands({ status: 'closed' }),
};
const limited: AccountFact = {
  ...{ type: 'OverdraftLimitSet', previousLimit: 0n },
  ...stands({ overdraftLimit: 50n }),
};
const overdrawn: AccountFact = {
  ...{ type: 'MoneyWithdrawn', amount: 30n, reference: null },
  ...stands({ balance: -30n, overdraftLimit: 50n }),
};
const withdraw = (amount: string) => ({ type: 'Withdraw', amount: decimal(amount) }) as const;
const deposit = { type: 'Deposit', amount: decimal('1') } as const;
const freeze = { type: 'FreezeAccount', reason: 'stolen' } as const;
const unfreeze = { type: 'UnfreezeAccount' } as const;
const close = { type: 'CloseAccount' } as const;
const limit = (text: string) => ({ type: 'SetOverdraftLimit', limit: decimal(text) }) as const;
const refusedWith = (code: string) => ({ ok: false, error: { code } });

describe('freezing', () => {
  test('says why, and changes no money', () => {
    expect(given([opened(100n)]).when(freeze)).toMatchObject({
      facts: [{ type: 'AccountFrozen', reason: 'stolen', status: 'frozen', balance: 100n }],
    });
  });
  test('lets money in and nothing out', () => {
    const account = given([opened(100n), frozen]);
    expect(account.when(deposit)).toMatchObject({ ok: true });
    expect(account.when(deposit, { frozenTakesMoney: false })).toMatchObject(
      refusedWith('account_frozen'),
    );
    expect(account.when(withdraw('0.01'))).toMatchObject(refusedWith('account_frozen'));
    const hold = { type: 'PlaceHold', holdId: 'h', amount: decimal('0.01') } as const;
    expect(account.when(hold)).toMatchObject(refusedWith('account_frozen'));
  });
  test('twice is refused, and so is unfreezing what is not frozen', () => {
    expect(given([opened(100n), frozen]).when(freeze)).toMatchObject(refusedWith('account_frozen'));
    expect(given([opened(100n)]).when(unfreeze)).toMatchObject(refusedWith('account_not_frozen'));
  });
  test('ends with unfreezing', () => {
    expect(given([opened(100n), frozen]).when(unfreeze)).toMatchObject({
      facts: [{ type: 'AccountUnfrozen', status: 'open', reason: null }],
    });
  });
});

describe('an overdraft limit', () => {
  test('lets the balance go so far below 0, and no further', () => {
    const account = given([opened(0n), limited]);
    expect(account.when(withdraw('0.50'))).toMatchObject({ facts: [{ balance: -50n }] });
    expect(account.when(withdraw('0.51'))).toMatchObject(refusedWith('insufficient_funds'));
  });
  test('cannot be taken below what is in use', () => {
    const account = given([opened(0n), limited, overdrawn]);
    expect(account.when(limit('0.29'))).toMatchObject(refusedWith('overdraft_in_use'));
    expect(account.when(limit('0.30'))).toMatchObject({
      facts: [{ previousLimit: 50n, overdraftLimit: 30n }],
    });
  });
  test('below 0 is refused', () => {
    expect(given([opened(0n)]).when(limit('-1'))).toMatchObject({
      error: { code: 'invalid_amount', field: 'limit' },
    });
  });
});

describe('closing', () => {
  test('an empty account is final', () => {
    expect(given([opened(0n)]).when(close)).toMatchObject({
      facts: [{ type: 'AccountClosed', status: 'closed', reason: null }],
    });
    const account = given([opened(0n), closed]);
    const commands: AccountCommand[] = [
      deposit,
      withdraw('0.01'),
      freeze,
      unfreeze,
      close,
      limit('1'),
      { type: 'PlaceHold', holdId: 'h', amount: decimal('0.01') },
      { type: 'ReleaseHold', holdId: 'h' },
    ];
    for (const command of commands) {
      expect(account.when(command), command.type).toMatchObject(refusedWith('account_closed'));
    }
  });
  test.each<[string, AccountFact[], string]>([
    ['with money', [opened(1n)], 'account_not_empty'],
    ['in debt', [opened(0n), limited, overdrawn], 'account_not_empty'],
    ['that is frozen', [opened(100n), frozen], 'account_frozen'],
  ])('an account %s is refused', (_, facts, code) => {
    expect(given(facts).when(close)).toMatchObject(refusedWith(code));
  });
});
