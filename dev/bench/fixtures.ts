import { randomUUID } from 'node:crypto';
import { openedWith } from '../../src/account/events.ts';
import type { AccountEvent } from '../../src/account/events.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';

/** Messages of one append, and appends under way at once, when a log is filled. */
const BATCH = 50;
const APPENDS_AT_ONCE = 8;

/** The first event of an account. */
export const opened = (accountId: string): AccountEvent => ({
  type: 'AccountCreated',
  ...base(accountId, 1),
  ownerName: 'Benchmark',
  currency: 'USD',
  initialBalance: 0n,
});

/** A later event of it: a deposit of one minor unit. */
export const deposited = (accountId: string, version: number): AccountEvent => ({
  type: 'MoneyDeposited',
  ...base(accountId, version),
  amount: 1n,
  currency: 'USD',
  ...openedWith(BigInt(version - 1)),
  reference: null,
});

function base(accountId: string, version: number) {
  const occurredAt = Date.now();
  const ids = { eventId: randomUUID(), commandId: randomUUID(), commandHash: null };
  return { ...ids, accountId, version, occurredAt };
}

/** Appends so many accounts with so many events each; answers the account ids. */
export async function fillLog(
  events: EventStore,
  accounts: number,
  eventsEach: number,
): Promise<string[]> {
  const accountIds = Array.from({ length: accounts }, () => randomUUID());
  let next = 0;
  await Promise.all(
    Array.from({ length: APPENDS_AT_ONCE }, async () => {
      for (let id = accountIds[next++]; id !== undefined; id = accountIds[next++]) {
        await fillAccount(events, id, eventsEach);
      }
    }),
  );
  return accountIds;
}

async function fillAccount(events: EventStore, accountId: string, count: number): Promise<void> {
  let expectedSequence = 0;
  for (let version = 1; version <= count; version += BATCH) {
    const size = Math.min(BATCH, count - version + 1);
    const pending = Array.from({ length: size }, (_, index) => {
      const at = version + index;
      return { event: at === 1 ? opened(accountId) : deposited(accountId, at) };
    });
    const outcome = await events.append([{ accountId, expectedSequence, events: pending }]);
    if (outcome.kind !== 'stored') throw new Error(`the log could not be filled: ${outcome.kind}`);
    expectedSequence = outcome.lastSequence;
  }
}
