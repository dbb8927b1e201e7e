import { expect, test } from 'vitest';
import { openedWith } from '../account/events.ts';
import { REMEMBERED_COMMANDS } from '../account/record.ts';
import type { AccountRecord, RememberedCommand } from '../account/record.ts';
import { recordCache } from './record-cache.ts';

const ACCOUNTS = 100;

function record(accountId: string, remembered: number): AccountRecord {
  const opened = { accountId, ownerName: 'o', currency: 'USD', version: 1, holds: [] };
  const account = { ...opened, ...openedWith(0n) };
  const command: RememberedCommand = {
    keyHash: '0'.repeat(16),
    commandHash: '0'.repeat(64),
    version: 1,
    ...openedWith(0n),
    sequence: 1,
    rejection: null,
  };
  return { account, sequence: 1, commands: Array<RememberedCommand>(remembered).fill(command) };
}

/** How many of so many accounts, each with so many remembered commands, are still there. */
function kept(accounts: number, remembered: number): number {
  const cache = recordCache(ACCOUNTS);
  for (let index = 0; index < accounts; index += 1) {
    cache.set(String(index), record(String(index), remembered));
  }
  return cache.size;
}

test('so many accounts are kept, and no more', () => {
  expect(kept(ACCOUNTS + 50, 0)).toBe(ACCOUNTS);
});

test('accounts that remember many commands are fewer', () => {
  const many = kept(ACCOUNTS, REMEMBERED_COMMANDS);
  expect(many).toBeGreaterThan(ACCOUNTS / 6);
  expect(many).toBeLessThan(ACCOUNTS / 4);
});

test('who is told of evictions hears of each, and of no newer state of an account', () => {
  let evicted = 0;
  const cache = recordCache(2, () => (evicted += 1));
  for (const accountId of ['ada', 'bob', 'bob', 'cyd']) cache.set(accountId, record(accountId, 0));
  cache.delete('bob');
  expect(evicted).toBe(1);
});

test('the smallest cache keeps one account, whatever that remembers', () => {
  const cache = recordCache(1);
  cache.set('ada', record('ada', REMEMBERED_COMMANDS + 1));
  expect(cache.get('ada')).toBeDefined();
});
