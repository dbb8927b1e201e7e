import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { accountProjection } from '../projections/account-projection.ts';
import type { AccountDocument } from '../projections/accounts.ts';
import type { AccountEvent, RecordedEvent } from '../account/events.ts';
import type { LogEntry } from '../event-store/log-entry.ts';
import { decodeSnapshot, encodeSnapshot } from '../event-store/snapshot-codec.ts';
import { depositAfter, historyOf, recordOf } from '../../test/support/account-events.ts';
import { reportOn } from './account-report.ts';

const ID = randomUUID();
const history = historyOf(ID, 8);
const hold = {
  ...depositAfter(history.at(-1)!, 0n),
  ...{ type: 'HoldPlaced', holdId: randomUUID(), amount: 3n, held: 3n, expiresAt: null },
} as AccountEvent;
const recorded = [...history, hold].map((event, index) => ({ event, sequence: index + 1 }));
/** As it comes back from the bucket. */
const kept = (version: number) =>
  decodeSnapshot(encodeSnapshot(recordOf(recorded.slice(0, version))));
const record = kept(5);
const document = recorded
  .slice(0, 8)
  .reduce<AccountDocument | undefined>(
    (before, next: RecordedEvent) => accountProjection.apply(before, next),
    undefined,
  )!;
const found = { kind: 'found', record } as const;

// eslint-disable-next-line @typescript-eslint/require-await -- what is read comes asynchronously
async function* entries(events: readonly RecordedEvent[] = recorded): AsyncGenerator<LogEntry> {
  for (const one of events) yield { ...one, accountId: ID };
}

test('what is behind the log is not wrong', async () => {
  const report = await reportOn({ snapshot: found, document }, entries());
  expect(report).toMatchObject({
    log: { account: { version: 9 }, sequence: 9 },
    broken: undefined,
    snapshot: { found: record, wrong: undefined },
    document: { found: document, wrong: undefined },
  });
});

test('a snapshot with a hold in it is what the events make', async () => {
  const snapshot = { kind: 'found', record: kept(9) } as const;
  const report = await reportOn({ snapshot, document: undefined }, entries());
  expect(report?.snapshot.wrong).toBeUndefined();
});

test.each([
  ['of another balance', { ...record, account: { ...record.account, balance: 1n } }, /is not what/],
  ['of other commands', { ...record, sequence: 4 }, /is not what/],
  ['ahead of the log', { ...record, account: { ...record.account, version: 10 } }, /of a version/],
])('a snapshot %s is wrong', async (_, changed, wrong) => {
  const snapshot = { kind: 'found', record: changed } as const;
  const report = await reportOn({ snapshot, document: undefined }, entries());
  expect(report?.snapshot.wrong).toMatch(wrong);
  expect(report?.document).toEqual({ found: undefined, wrong: undefined });
});

test('a document of another balance is wrong', async () => {
  const changed = { ...document, balance: 1n };
  const report = await reportOn({ snapshot: { kind: 'none' }, document: changed }, entries());
  expect(report?.document.wrong).toMatch(/is not what/);
});

test('the fold stands before the event that cannot follow', async () => {
  const gap = entries(recorded.filter(({ sequence }) => sequence !== 7));
  const report = await reportOn({ snapshot: found, document: undefined }, gap);
  expect(report).toMatchObject({ log: { sequence: 6 }, broken: { sequence: 8 } });
  expect(report?.broken?.error).toMatch(/version 8 stands where 7 belongs/);
});

test('of an account without events there is no report', async () => {
  const nothing = { snapshot: { kind: 'none' }, document: undefined } as const;
  expect(await reportOn(nothing, entries([]))).toBeUndefined();
});
