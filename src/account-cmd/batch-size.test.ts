import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { opening, writeOf } from '../../test/support/account-events.ts';
import { ask, deposit, leg, requestOf } from '../../test/support/command-requests.ts';
import { scriptedWorker } from '../../test/support/scripted-worker.ts';
import type { AccountEvent } from '../account/events.ts';
import { MAX_HOLDS } from '../account/holds.ts';
import {
  MAX_APPEND_BYTES,
  MAX_APPEND_EVENTS,
  messageSizeBound,
} from '../event-store/append-size.ts';

/** Far beyond what HTTP lets through: the limit must hold without that. */
const LONG_ID = MAX_APPEND_BYTES / 8;

/** A command whose event takes this many bytes for its id alone, twice. */
const large = (accountId: string, name: string, bytes = LONG_ID) =>
  ask(deposit(accountId, '1.00', { commandId: name.padEnd(bytes, '.') }));

test('commands that are too large for one append together go into several, in order', async () => {
  const worker = await scriptedWorker();
  const { accountId } = worker;
  const asked = Array.from('abcdefghi', (name) => large(accountId, name));
  await worker.work(...asked);
  const appends = worker.store.tried.slice(1).map(([write]) => write?.events ?? []);
  expect(appends.map((events) => events.length)).toEqual([3, 3, 3]);
  for (const events of appends) {
    const bytes = events.reduce((sum, pending) => sum + messageSizeBound(pending), 0);
    expect(bytes).toBeLessThanOrEqual(MAX_APPEND_BYTES);
  }
  expect(asked.map(({ answers }) => answers)).toMatchObject(
    asked.map((_, index) => [{ kind: 'done', account: { version: index + 2 } }]),
  );
});

test('a command that is too large alone goes alone, and the log has the last word', async () => {
  const worker = await scriptedWorker();
  const { accountId } = worker;
  const asked = [
    large(accountId, 'a'),
    large(accountId, 'b', MAX_APPEND_BYTES),
    large(accountId, 'c'),
  ];
  await worker.work(...asked);
  expect(worker.store.tried.slice(1).map(([write]) => write?.events.length)).toEqual([1, 1, 1]);
  expect(asked.map(({ answers }) => answers)).toMatchObject(asked.map(() => [{ kind: 'done' }]));
});

/** An account with 10.00, all of its holds expired. */
function withExpiredHolds(accountId: string): AccountEvent[] {
  const events: AccountEvent[] = [opening(accountId)];
  for (let held = 1n; held <= MAX_HOLDS; held += 1n) {
    const place = { accountId, version: events.length + 1, eventId: randomUUID() };
    const identity = { occurredAt: 1, commandId: randomUUID(), commandHash: null };
    const standing = { currency: 'USD', balance: 1_000n, held, overdraftLimit: 0n } as const;
    const hold = { holdId: randomUUID(), amount: 1n, expiresAt: 2, reference: null };
    const status = 'open';
    events.push({ type: 'HoldPlaced', ...hold, ...standing, status, ...place, ...identity });
  }
  return events;
}

test('a transfer between accounts with more expired holds than an append takes releases them first', async () => {
  const worker = await scriptedWorker();
  const { accountId, store } = worker;
  const payees = Array.from({ length: 6 }, () => randomUUID());
  for (const payee of payees) await store.append([writeOf(payee, 0, ...withExpiredHolds(payee))]);
  const before = store.tried.length;
  const legs = payees.map((payee) => leg(accountId, payee, '1.00'));
  const several = ask(requestOf(accountId, { type: 'Transfer', transferId: randomUUID(), legs }));
  const single = ask(deposit(accountId, '5.00'));
  await worker.work(several, single);
  expect(several.answers).toMatchObject([{ kind: 'done', account: { balance: 400n } }]);
  expect(single.answers).toMatchObject([{ kind: 'done', account: { balance: 900n } }]);
  const appends = store.tried.slice(before).map((writes) => writes.flatMap(({ events }) => events));
  expect(appends.map((events) => events.length)).toEqual([
    MAX_APPEND_EVENTS,
    MAX_APPEND_EVENTS,
    6 * MAX_HOLDS - 2 * MAX_APPEND_EVENTS + 13,
  ]);
});
