import { expect, test } from 'vitest';
import type { Hold } from '../account/account.ts';
import { openedWith } from '../account/events.ts';
import type { Rejection } from '../account/events.ts';
import { MAX_HOLDS } from '../account/holds.ts';
import { REMEMBERED_COMMANDS } from '../account/record.ts';
import type { AccountRecord, RememberedCommand } from '../account/record.ts';
import { recordCache } from './record-cache.ts';

const ACCOUNTS = 100;

interface Weighty {
  readonly remembered?: number;
  readonly holds?: number;
  readonly rejection?: Rejection | null;
}

function record(
  accountId: string,
  { remembered = 0, holds = 0, rejection = null }: Weighty = {},
): AccountRecord {
  const hold: Hold = { holdId: 'h', amount: 1n, expiresAt: null, reference: null };
  const opened = {
    ...{ accountId, ownerName: 'o', currency: 'USD', version: 1 },
    holds: Array<Hold>(holds).fill(hold),
  };
  const account = { ...opened, ...openedWith(0n) };
  const command: RememberedCommand = {
    keyHash: '0'.repeat(16),
    commandHash: '0'.repeat(64),
    version: 1,
    ...openedWith(0n),
    sequence: 1,
    rejection,
  };
  return { account, sequence: 1, commands: Array<RememberedCommand>(remembered).fill(command) };
}

/** How many of so many accounts, each as heavy as this, are still there. */
function kept(accounts: number, weighty?: Weighty): number {
  const cache = recordCache(ACCOUNTS);
  for (let index = 0; index < accounts; index += 1) {
    cache.set(String(index), record(String(index), weighty));
  }
  return cache.size;
}

test('so many accounts are kept, and no more', () => {
  expect(kept(ACCOUNTS + 50)).toBe(ACCOUNTS);
});

test('accounts that remember many commands are fewer', () => {
  const many = kept(ACCOUNTS, { remembered: REMEMBERED_COMMANDS });
  expect(many).toBeGreaterThan(ACCOUNTS / 6);
  expect(many).toBeLessThan(ACCOUNTS / 4);
});

test('accounts that remember why they refused are fewer still', () => {
  const rejection = { code: 'insufficient_funds', detail: 'd', field: 'amount' };
  const many = kept(ACCOUNTS, { remembered: REMEMBERED_COMMANDS, rejection });
  expect(many).toBeLessThan(kept(ACCOUNTS, { remembered: REMEMBERED_COMMANDS }));
});

test('accounts with many holds are fewer', () => {
  const many = kept(ACCOUNTS, { holds: MAX_HOLDS });
  expect(many).toBeGreaterThan(ACCOUNTS / 20);
  expect(many).toBeLessThan(ACCOUNTS / 10);
});

test('who is told of evictions hears of each, and of no newer state of an account', () => {
  let evicted = 0;
  const cache = recordCache(2, () => (evicted += 1));
  for (const accountId of ['ada', 'bob', 'bob', 'cyd']) cache.set(accountId, record(accountId));
  cache.delete('bob');
  expect(evicted).toBe(1);
});

test('the smallest cache keeps one account, whatever that holds and remembers', () => {
  const cache = recordCache(1);
  const rejection = { code: 'c', detail: 'd', field: null };
  cache.set(
    'ada',
    record('ada', { remembered: REMEMBERED_COMMANDS + 1, holds: MAX_HOLDS, rejection }),
  );
  expect(cache.get('ada')).toBeDefined();
});
