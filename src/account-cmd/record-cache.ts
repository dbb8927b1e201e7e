import { LRUCache } from 'lru-cache';
import { MAX_HOLDS } from '../account/holds.ts';
import { REMEMBERED_COMMANDS } from '../account/record.ts';
import type { AccountRecord } from '../account/record.ts';

/** What an account's state weighs in memory, in remembered commands: about 5 KB to 300 bytes. */
const ACCOUNT_WEIGHT = 16;
/** An open hold, with a reference of some length, weighs as much as a remembered command. */
const HOLD_WEIGHT = 1;
/** A refusal's text comes on top of the command. */
const REJECTION_WEIGHT = 1;
const HEAVIEST =
  ACCOUNT_WEIGHT + (REMEMBERED_COMMANDS + 1) * (1 + REJECTION_WEIGHT) + MAX_HOLDS * HOLD_WEIGHT;

/**
 * The states of the accounts used last, at most so many, and fewer where they remember many keyed
 * commands or have many holds: an account with 64 commands weighs as much as five without, and memory
 * stays bounded.
 */
export function recordCache(
  accounts: number,
  onEvicted: () => void = () => undefined,
): LRUCache<string, AccountRecord> {
  return new LRUCache({
    max: accounts,
    maxSize: Math.max(accounts * ACCOUNT_WEIGHT, HEAVIEST),
    sizeCalculation: weightOf,
    // A newer state in the place of an older one is the rule, and nothing to tell.
    noDisposeOnSet: true,
    dispose(_record, _accountId, reason) {
      if (reason === 'evict') onEvicted();
    },
  });
}

function weightOf({ account, commands }: AccountRecord): number {
  let weight = ACCOUNT_WEIGHT + account.holds.length * HOLD_WEIGHT + commands.length;
  for (const { rejection } of commands) if (rejection !== null) weight += REJECTION_WEIGHT;
  return weight;
}
