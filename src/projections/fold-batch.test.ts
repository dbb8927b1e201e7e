import { describe, expect, test } from 'vitest';
import type { AccountFact, RecordedEvent } from '../account/events.ts';
import { accountProjection } from './account-projection.ts';
import type { AccountDocument } from './accounts.ts';
import { foldBatch } from './fold-batch.ts';

const ACCOUNT = '6f1c1c52-4a34-4c0e-9f5a-0d2f4f3f8a10';

/** Version n of one account at stream sequence 10 n: opened with 100, then 10 more each time. */
function recorded(version: number): RecordedEvent {
  const fact: AccountFact =
    version === 1
      ? { type: 'AccountCreated', ownerName: 'o', currency: 'USD', initialBalance: 100n }
      : {
          type: 'MoneyDeposited',
          amount: 10n,
          currency: 'USD',
          balance: 100n + 10n * BigInt(version - 1),
        };
  const base = {
    eventId: 'e',
    accountId: ACCOUNT,
    occurredAt: 0,
    commandId: 'c',
    commandHash: null,
  };
  return { sequence: version * 10, event: { ...fact, ...base, version } };
}

const versions = (...numbers: number[]) => numbers.map(recorded);

// eslint-disable-next-line @typescript-eslint/require-await -- the log is asynchronous
async function* log(after: { version: number }, until: RecordedEvent) {
  for (let version = after.version + 1; version <= until.event.version; version += 1) {
    yield recorded(version);
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- the log is asynchronous
async function* emptyLog(_: unknown, until: RecordedEvent) {
  yield until;
}

async function documentAt(version: number): Promise<AccountDocument> {
  const all = Array.from({ length: version }, (_, index) => recorded(index + 1));
  const { changed } = await foldBatch(accountProjection, () => undefined, all, log);
  const document = changed.get(ACCOUNT);
  if (document === undefined) throw new Error('no document');
  return document;
}

describe('a batch', () => {
  test('is folded in order, one document an account and one line a movement', async () => {
    const folded = await foldBatch(accountProjection, () => undefined, versions(1, 2, 3), log);
    expect(folded.changed.get(ACCOUNT)).toMatchObject({ version: 3, sequence: 30n, balance: 120n });
    expect(folded.lines.map(({ _id }) => _id)).toEqual([1, 2, 3].map((n) => `${ACCOUNT}:${n}`));
  });

  test('leaves out what is applied already', async () => {
    const document = await documentAt(2);
    const folded = await foldBatch(accountProjection, () => document, versions(1, 2, 2, 3, 3), log);
    expect(folded.repeated).toBe(4);
    expect(folded.changed.get(ACCOUNT)).toMatchObject({ version: 3 });
  });

  test('in which every event is applied already changes no document, and writes its lines', async () => {
    const document = await documentAt(3);
    const folded = await foldBatch(accountProjection, () => document, versions(1, 2, 3), log);
    expect(folded.changed.size).toBe(0);
    expect(folded.lines.map(({ _id }) => _id)).toEqual([1, 2, 3].map((n) => `${ACCOUNT}:${n}`));
  });

  test('that skips versions gets the missing ones from the log', async () => {
    const document = await documentAt(1);
    const folded = await foldBatch(accountProjection, () => document, versions(4), log);
    expect(folded.changed.get(ACCOUNT)).toMatchObject({ version: 4, balance: 130n });
    expect(folded.lines).toHaveLength(3);
  });

  test('that was shuffled ends like one in order', async () => {
    const folded = await foldBatch(
      accountProjection,
      () => undefined,
      versions(3, 1, 2, 5, 4),
      log,
    );
    expect(folded.changed.get(ACCOUNT)).toEqual(await documentAt(5));
    expect(new Set(folded.lines.map(({ _id }) => _id)).size).toBe(5);
  });

  test('whose missing events the log does not have is never applied', async () => {
    const document = await documentAt(1);
    const folding = foldBatch(accountProjection, () => document, versions(3), emptyLog);
    await expect(folding).rejects.toThrow('the log has no version 2');
  });
});
