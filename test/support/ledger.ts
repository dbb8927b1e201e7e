import type { NatsConnection } from 'nats';
import { expect } from 'vitest';
import type { AccountEvent, RecordedEvent } from '../../src/account/events.ts';
import type { AccountRecord } from '../../src/account/record.ts';
import { applyRecorded } from '../../src/account/record.ts';
import { jetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import { changeOf } from './account-events.ts';

const TIMEOUT_MS = 5_000;

/** The whole log, read from its beginning and folded. */
export interface Ledger {
  readonly events: readonly RecordedEvent[];
  /** The accounts as the domain folds them. */
  readonly accounts: ReadonlyMap<string, AccountRecord>;
  /** Stream sequence of the last event; 0 for an empty log. */
  readonly lastSequence: number;
  eventsOf(accountId: string): readonly AccountEvent[];
}

/** @throws IntegrityError when an account's events do not follow one another. */
export async function readLedger(nc: NatsConnection): Promise<Ledger> {
  const { events: store } = await jetStreamStores(nc, { timeoutMs: TIMEOUT_MS });
  const events: RecordedEvent[] = [];
  const accounts = new Map<string, AccountRecord>();
  for await (const recorded of store.replay(0)) {
    const { accountId } = recorded.event;
    events.push(recorded);
    accounts.set(accountId, applyRecorded(accounts.get(accountId), recorded));
  }
  return {
    events,
    accounts,
    lastSequence: events.at(-1)?.sequence ?? 0,
    eventsOf: (accountId) =>
      events.map(({ event }) => event).filter((event) => event.accountId === accountId),
  };
}

/**
 * The ledger's invariants, added up here once more without the domain's own fold: money is neither
 * made nor lost (I1), no balance was ever negative (I5), versions are 1, 2, 3 ... (I6), and no
 * idempotency key took effect twice on an account (I3).
 */
export function expectSound({ events, accounts }: Ledger): void {
  const balances = new Map<string, bigint>();
  const versions = new Map<string, number>();
  const keys = new Map<string, number>();
  const movedIn = new Map<string, bigint>();
  let before = 0;
  for (const { sequence, event } of events) {
    const { accountId, version, currency } = event;
    const change = changeOf(event);
    const balance = (balances.get(accountId) ?? 0n) + change;
    expect(sequence).toBeGreaterThan(before);
    before = sequence;
    expect(version, `versions of ${accountId}`).toBe((versions.get(accountId) ?? 0) + 1);
    expect(balance, `balance of ${accountId} at version ${version}`).toBeGreaterThanOrEqual(0n);
    if (event.commandHash !== null) {
      const key = `${accountId} ${event.commandId}`;
      // Of a transfer of several legs an account has several events, one after another.
      const goesOn = 'transferId' in event && keys.get(key) === version - 1;
      expect(keys.has(key) && !goesOn, `the key took effect twice: ${key}`).toBe(false);
      keys.set(key, version);
    }
    versions.set(accountId, version);
    balances.set(accountId, balance);
    movedIn.set(currency, (movedIn.get(currency) ?? 0n) + change);
  }
  for (const [accountId, { account }] of accounts) {
    expect(account.balance).toBe(balances.get(accountId));
    movedIn.set(account.currency, (movedIn.get(account.currency) ?? 0n) - account.balance);
  }
  expect([...movedIn.values()].filter((rest) => rest !== 0n)).toEqual([]);
}
