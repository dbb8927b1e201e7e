import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import type { AccountCommand } from './commands.ts';
import { openedWith } from './events.ts';
import type { AccountEvent, AccountFact } from './events.ts';
import { evolve } from './evolve.ts';
import { parseDecimalString } from './money.ts';

const ACCOUNT_ID = '6f1c1c52-4a34-4c0e-9f5a-0d2f4f3f8a10';

/** Facts as events 1, 2, 3 ... of one account. */
function history(facts: readonly AccountFact[]): AccountEvent[] {
  return facts.map((fact, index) => ({
    ...fact,
    eventId: `event-${index + 1}`,
    accountId: ACCOUNT_ID,
    version: index + 1,
    occurredAt: 0,
    commandId: `command-${index + 1}`,
    commandHash: null,
  }));
}

const fold = (events: readonly AccountEvent[]) => events.reduce(evolve, undefined as never);

function given(...facts: AccountFact[]) {
  const account = facts.length === 0 ? undefined : fold(history(facts));
  return {
    when: (command: AccountCommand) => decide(account, command, { now: 0, frozenTakesMoney: true }),
  };
}

function decimal(text: string) {
  const parsed = parseDecimalString(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

const opened = (initialBalance: bigint, currency = 'USD'): AccountFact => ({
  type: 'AccountCreated',
  ownerName: 'Juan Pérez',
  currency,
  initialBalance,
});
const deposited = (amount: bigint, balance: bigint): AccountFact => ({
  type: 'MoneyDeposited',
  amount,
  currency: 'USD',
  ...openedWith(balance),
  reference: null,
});
const deposit = (text: string): AccountCommand => ({ type: 'Deposit', amount: decimal(text) });
const withdraw = (text: string): AccountCommand => ({ type: 'Withdraw', amount: decimal(text) });
const create = (text: string, currency = 'USD'): AccountCommand => ({
  type: 'CreateAccount',
  ownerName: 'Juan Pérez',
  currency,
  initialBalance: decimal(text),
});

const refusedWith = (code: string, field?: string) => ({
  ok: false,
  error: { code, ...(field !== undefined && { field }) },
});

describe('creating', () => {
  test('opens the account with its initial balance', () => {
    expect(given().when(create('1000.0'))).toEqual({ ok: true, facts: [opened(100_000n)] });
  });
  test('an account opens empty too', () => {
    expect(given().when(create('0'))).toEqual({ ok: true, facts: [opened(0n)] });
  });
  test('in yen there are no decimals', () => {
    expect(given().when(create('10.5', 'JPY'))).toMatchObject(
      refusedWith('invalid_amount', 'initialBalance'),
    );
  });
  test('in an unknown currency is refused', () => {
    expect(given().when(create('1', 'DOGE'))).toMatchObject(
      refusedWith('invalid_request', 'currency'),
    );
  });
  test('twice is refused', () => {
    expect(given(opened(0n)).when(create('1'))).toMatchObject(refusedWith('account_exists'));
  });
});

describe('depositing', () => {
  test('adds the amount', () => {
    expect(given(opened(100_000n)).when(deposit('500.0'))).toEqual({
      ok: true,
      facts: [deposited(50_000n, 150_000n)],
    });
  });
  test('into no account is refused', () => {
    expect(given().when(deposit('1'))).toMatchObject(refusedWith('account_not_found'));
  });
  test.each(['0', '-1', '0.001'])('%s is no amount', (text) => {
    expect(given(opened(0n)).when(deposit(text))).toMatchObject(
      refusedWith('invalid_amount', 'amount'),
    );
  });
  test('past the largest balance is refused', () => {
    const full = given(
      opened(0n),
      deposited(9_223_372_036_854_775_807n, 9_223_372_036_854_775_807n),
    );
    expect(full.when(deposit('0.01'))).toMatchObject(refusedWith('balance_limit_exceeded'));
  });
});

describe('withdrawing', () => {
  test('takes the amount off', () => {
    expect(given(opened(150_000n)).when(withdraw('200.00'))).toEqual({
      ok: true,
      facts: [
        {
          type: 'MoneyWithdrawn',
          amount: 20_000n,
          currency: 'USD',
          ...openedWith(130_000n),
          reference: null,
        },
      ],
    });
  });
  test('keeps what it was for', () => {
    const amount = decimal('0.01');
    const decision = given(opened(1n)).when({ type: 'Withdraw', amount, reference: 'rent' });
    expect(decision).toMatchObject({ facts: [{ type: 'MoneyWithdrawn', reference: 'rent' }] });
  });
  test('all of it is allowed', () => {
    expect(given(opened(1n)).when(withdraw('0.01'))).toMatchObject({ ok: true });
  });
  test('a cent more is refused, and the answer says how much there is', () => {
    expect(given(opened(100n)).when(withdraw('1.01'))).toEqual({
      ok: false,
      error: {
        code: 'insufficient_funds',
        detail: 'the balance of 1.00 USD does not cover 1.01 USD',
        field: 'amount',
      },
    });
  });
  test('from no account is refused', () => {
    expect(given().when(withdraw('1'))).toMatchObject(refusedWith('account_not_found'));
  });
});

describe('evolving refuses what cannot follow', () => {
  const [first, second] = history([opened(100n), deposited(50n, 150n)]) as [
    AccountEvent,
    AccountEvent,
  ];
  test('a skipped version', () => {
    expect(() => evolve(undefined, second)).toThrow('version 2 stands where 1 belongs');
  });
  test('a repeated version', () => {
    expect(() => evolve(evolve(undefined, first), first)).toThrow(
      'version 1 stands where 2 belongs',
    );
  });
  test('a balance that does not add up', () => {
    const wrong = { ...second, balance: 151n } as AccountEvent;
    expect(() => evolve(evolve(undefined, first), wrong)).toThrow('add up to 150');
  });
  test('money before the account', () => {
    expect(() => evolve(undefined, { ...second, version: 1 })).toThrow('before AccountCreated');
  });
});
