import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AccountEvent } from '../../account/events.ts';
import { memoryEventStore } from '../../event-store/memory-event-store.ts';
import {
  depositAfter,
  historyOf,
  recordOf,
  writeOf,
} from '../../../test/support/account-events.ts';
import { memorySnapshotStore } from '../../../test/support/memory-snapshot-store.ts';
import { auditLog } from './audit-log.ts';

const ACCOUNTS = 40;
const EVENTS = 12;

/** A log of accounts one behind the other, each with a snapshot of its version 5. */
async function ledger() {
  const events = memoryEventStore();
  const snapshots = memorySnapshotStore();
  const ids = Array.from({ length: ACCOUNTS }, () => randomUUID());
  for (const [index, id] of ids.entries()) {
    const history = historyOf(id, EVENTS);
    await events.append([writeOf(id, 0, ...history)]);
    const first = index * EVENTS + 1;
    const recorded = history.map((event, place) => ({ event, sequence: first + place }));
    await snapshots.save(recordOf(recorded.slice(0, 5)));
  }
  const untilSequence = ACCOUNTS * EVENTS;
  const snapshot = (accountId: string) => snapshots.load(accountId, 'any');
  return { ids, events, snapshots, audited: { events, snapshot, untilSequence } };
}

test.each([1, 3, 32])('a sound ledger, looked at in %i passes', async (passes) => {
  const { audited } = await ledger();
  const told: number[] = [];
  const report = await auditLog({
    ...audited,
    passes,
    onProgress: (done, total) => told.push(done / total),
  });
  expect(report.findings.list()).toEqual([]);
  expect(report).toMatchObject({ events: ACCOUNTS * EVENTS, accounts: ACCOUNTS });
  expect(report.snapshots).toEqual({ compared: ACCOUNTS, missing: 0, outdated: 0 });
  const deposited = BigInt(ACCOUNTS) * (1_000n + BigInt(EVENTS - 1));
  expect(report.money.get('USD')).toMatchObject({ deposited, withdrawn: 0n });
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.at(-1)).toBe(1);
});

test('snapshots: missing is no finding, wrong, ahead of the log and unusable are', async () => {
  const { ids, snapshots, audited } = await ledger();
  const [missing, wrong, ahead, torn, outdated] = ids as [string, string, string, string, string];
  async function snapshot(accountId: string) {
    const found = await snapshots.load(accountId, 'any');
    if (found.kind !== 'found' || accountId === missing) return { kind: 'none' } as const;
    const { record } = found;
    const { account } = record;
    if (accountId === torn) return { kind: 'unusable', reason: 'torn', outdated: false } as const;
    if (accountId === outdated) return { kind: 'unusable', reason: 'v0', outdated: true } as const;
    if (accountId === wrong)
      return { ...found, record: { ...record, account: { ...account, held: 1n } } };
    if (accountId === ahead)
      return { ...found, record: { ...record, account: { ...account, version: 99 } } };
    return found;
  }
  const report = await auditLog({ ...audited, snapshot });
  expect(report.snapshots).toEqual({ compared: ACCOUNTS - 4, missing: 1, outdated: 1 });
  expect(report.findings.list()).toMatchObject(
    [
      { accountId: wrong, sequence: EVENTS + 5, what: /another state/ },
      { accountId: ahead, sequence: 3 * EVENTS, what: /version 99, the log has 12/ },
      { accountId: torn, sequence: 3 * EVENTS + 1, what: /torn/ },
    ].map((finding) => ({ ...finding, what: expect.stringMatching(finding.what) as string })),
  );
});

test('a snapshot that is written meanwhile is compared with the events up to it', async () => {
  const { ids, events, snapshots, audited } = await ledger();
  const [id] = ids as [string];
  const before = (await events.history(id, 0, EVENTS)).at(-1)!;
  const next = depositAfter(before.event);
  await events.append([writeOf(id, before.sequence, next)]);
  await snapshots.save(recordOf(await events.history(id, 0, EVENTS + 1)));
  const report = await auditLog(audited);
  expect(report.findings.list()).toEqual([]);
  expect(report.snapshots.compared).toBe(ACCOUNTS);
});

test('a transfer that the end cuts in two is whole', async () => {
  const { ids, events, audited } = await ledger();
  const [payer, payee] = ids as [string, string];
  const [from, to] = await Promise.all([payer, payee].map((id) => events.head(id, 'leader')));
  const transfer = { transferId: randomUUID(), amount: 7n };
  const sent = depositAfter(from!.event, -7n, { ...transfer, counterparty: payee });
  const received = depositAfter(to!.event, 7n, { ...transfer, counterparty: payer });
  const sides = [
    { ...sent, type: 'TransferSent', amount: 7n },
    { ...received, type: 'TransferReceived' },
  ] as [AccountEvent, AccountEvent];
  await events.append([
    writeOf(payer, from!.sequence, sides[0]),
    writeOf(payee, to!.sequence, sides[1]),
  ]);
  for (const passes of [1, 2]) {
    const cut = { ...audited, untilSequence: ACCOUNTS * EVENTS + 1, passes };
    expect((await auditLog(cut)).findings.list()).toEqual([]);
  }
});

describe('an append that the end cuts in two', () => {
  const LAST = ACCOUNTS * EVENTS;

  /** Its last five events are one append, of which the server has stored so many. */
  async function cut(stored: () => number) {
    const { events, audited } = await ledger();
    async function* entries(after: number, until = LAST) {
      for await (const entry of events.entries(after, Math.min(until, stored()))) {
        const batch = { id: 'the last', commits: entry.sequence === LAST };
        yield entry.sequence > LAST - 5 ? { ...entry, batch } : entry;
      }
    }
    return { ...audited, events: { ...events, entries }, untilSequence: LAST - 3 };
  }

  test.each([1, 2])('is whole once the rest is there, in %i passes', async (passes) => {
    let stored = LAST - 3;
    // Each wait brings one more.
    const sleep = () => Promise.resolve((stored = Math.min(stored + 1, LAST)));
    const audited = await cut(() => stored);
    expect((await auditLog({ ...audited, passes, sleep })).findings.list()).toEqual([]);
    expect(stored).toBe(LAST);
  });

  test('is told where the rest never comes', async () => {
    const sleep = () => Promise.resolve();
    const { findings } = await auditLog({ ...(await cut(() => LAST - 3)), sleep });
    expect(findings.list()).toMatchObject([
      { sequence: LAST - 3, invariant: 'I1', what: expect.stringMatching(/only a part/) as string },
    ]);
  });
});

test('where all is wrong, all is counted and the first findings are told', async () => {
  const events = memoryEventStore();
  for (let index = 0; index < 300; index += 1) {
    const [opened] = historyOf(randomUUID(), 1);
    await events.append([writeOf(opened.accountId, 0, { ...opened, version: 2 })]);
  }
  const { findings } = await auditLog({ events, untilSequence: 300, passes: 4 });
  expect(findings.count()).toBe(300);
  expect(findings.list().map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
});
