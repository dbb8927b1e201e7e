import { describe, expect, test } from 'vitest';
import { decimal, given, opened } from '../../test/support/given.ts';
import type { AccountFact, Standing } from './events.ts';
import { MAX_HOLD_MS, MAX_HOLDS, nextExpired } from './holds.ts';

const USD = { currency: 'USD', overdraftLimit: 0n, status: 'open' } as const;
const placed = (holdId: string, amount: bigint, after: Partial<Standing>, expiresAt?: number) =>
  ({
    type: 'HoldPlaced',
    holdId,
    amount,
    expiresAt: expiresAt ?? null,
    reference: 'Hotel',
    ...{ ...USD, balance: 100n, held: amount, ...after },
  }) as const satisfies AccountFact;
const held = [opened(100n), placed('h', 60n, {})];
const place = (amount: string, expiresAt?: number) =>
  ({
    type: 'PlaceHold',
    holdId: 'new',
    amount: decimal(amount),
    ...(expiresAt !== undefined && { expiresAt }),
  }) as const;
const refusedWith = (code: string) => ({ ok: false, error: { code } });

describe('placing', () => {
  test('sets money aside and leaves the balance', () => {
    expect(given([opened(100n)]).when(place('0.60', 5_000))).toMatchObject({
      facts: [
        {
          type: 'HoldPlaced',
          holdId: 'new',
          amount: 60n,
          expiresAt: 5_000,
          balance: 100n,
          held: 60n,
        },
      ],
    });
  });
  test('needs what is available, not what is there', () => {
    expect(given(held).when(place('0.40'))).toMatchObject({ ok: true });
    expect(given(held).when(place('0.41'))).toMatchObject(refusedWith('insufficient_funds'));
  });
  test('that ends in the past is refused', () => {
    expect(given(held).when(place('0.01', 1_000))).toMatchObject({
      error: { code: 'invalid_request', field: 'expiresAt' },
    });
  });
  test('may end so far ahead and no further', () => {
    const latest = 1_000 + MAX_HOLD_MS;
    expect(given(held).when(place('0.01', latest))).toMatchObject({ ok: true });
    expect(given(held).when(place('0.01', latest + 1))).toMatchObject({
      error: { code: 'invalid_request', field: 'expiresAt' },
    });
  });
  test('has an end at so many', () => {
    const many = Array.from({ length: MAX_HOLDS }, (_, index) =>
      placed(`h${index}`, 1n, { balance: 1_000n, held: BigInt(index + 1) }),
    );
    expect(given([opened(1_000n), ...many]).when(place('0.01'))).toMatchObject(
      refusedWith('too_many_holds'),
    );
  });
});

test('what is held cannot be withdrawn', () => {
  const withdraw = (amount: string) => ({ type: 'Withdraw', amount: decimal(amount) }) as const;
  expect(given(held).when(withdraw('0.40'))).toMatchObject({ ok: true });
  expect(given(held).when(withdraw('0.41'))).toMatchObject(refusedWith('insufficient_funds'));
});

describe('capturing', () => {
  const capture = (holdId: string, amount?: string) =>
    ({
      type: 'CaptureHold',
      holdId,
      ...(amount !== undefined && { amount: decimal(amount) }),
    }) as const;

  test('takes all of it', () => {
    expect(given(held).when(capture('h'))).toMatchObject({
      facts: [{ type: 'HoldCaptured', amount: 60n, released: 0n, balance: 40n, held: 0n }],
    });
  });
  test('takes a part and releases the rest', () => {
    expect(given(held).when(capture('h', '0.25'))).toMatchObject({
      facts: [{ amount: 25n, released: 35n, balance: 75n, held: 0n, reference: 'Hotel' }],
    });
  });
  test('more than the hold is refused', () => {
    expect(given(held).when(capture('h', '0.61'))).toMatchObject(refusedWith('hold_exceeded'));
  });
  test('of a hold that is not open is refused', () => {
    expect(given(held).when(capture('other'))).toMatchObject(refusedWith('hold_not_found'));
  });
});

describe('releasing', () => {
  test('makes the money available again', () => {
    expect(given(held).when({ type: 'ReleaseHold', holdId: 'h' })).toMatchObject({
      facts: [{ type: 'HoldReleased', amount: 60n, reason: 'requested', balance: 100n, held: 0n }],
    });
  });
  test('twice is refused', () => {
    const released: AccountFact = {
      ...{ type: 'HoldReleased', holdId: 'h', amount: 60n, reason: 'requested' },
      ...{ ...USD, balance: 100n, held: 0n },
    };
    expect(given([...held, released]).when({ type: 'ReleaseHold', holdId: 'h' })).toMatchObject(
      refusedWith('hold_not_found'),
    );
  });
});

describe('expiring', () => {
  const expiring = [opened(100n), placed('h', 60n, {}, 2_000)];
  const expire = { type: 'ExpireHold', holdId: 'h', expiresAt: 2_000 } as const;

  test('by the timer’s word releases, whatever this clock says', () => {
    expect(given(expiring).when(expire)).toMatchObject({
      facts: [{ type: 'HoldReleased', reason: 'expired', held: 0n }],
    });
  });
  test('is for the hold that the timer was set for, and no other end of it', () => {
    const early = { ...expire, expiresAt: 1_999 };
    expect(given(expiring).when(early)).toMatchObject(refusedWith('hold_not_found'));
  });
  test('is not for a hold without an end', () => {
    expect(given(held).when(expire)).toMatchObject(refusedWith('hold_not_found'));
  });
  test('is seen by whoever looks once the time has come, and not before', () => {
    const { account } = given(expiring);
    if (account === undefined) throw new Error('no account');
    const rules = { frozenTakesMoney: true };
    expect(nextExpired(account, { ...rules, now: 1_999 })).toBeUndefined();
    expect(nextExpired(account, { ...rules, now: 2_000 })).toMatchObject({ holdId: 'h' });
  });
});
