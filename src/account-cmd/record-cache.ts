import { LRUCache } from 'lru-cache';
import { REMEMBERED_COMMANDS } from '../account/record.ts';
import type { AccountRecord } from '../account/record.ts';

/** What an account's state weighs in memory, in remembered commands: about 5 KB to 300 bytes. */
const ACCOUNT_WEIGHT = 16;
const HEAVIEST = ACCOUNT_WEIGHT + REMEMBERED_COMMANDS + 1;

/**
 * The states of the accounts used last, at most so many, and fewer where they remember many keyed
 * commands: an account with 64 of them weighs as much as five without, and memory stays bounded.
 */
export function recordCache(
  accounts: number,
  onEvicted: () => void = () => undefined,
): LRUCache<string, AccountRecord> {
  return new LRUCache({
    max: accounts,
    maxSize: Math.max(accounts * ACCOUNT_WEIGHT, HEAVIEST),
    sizeCalculation: ({ commands }) => ACCOUNT_WEIGHT + commands.length,
    // A newer state in the place of an older one is the rule, and nothing to tell.
    noDisposeOnSet: true,
    dispose(_record, _accountId, reason) {
      if (reason === 'evict') onEvicted();
    },
  });
}
