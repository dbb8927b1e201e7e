import { describe, expect, test } from 'vitest';
import { openedWith } from '../account/events.ts';
import type { AccountFact, RecordedEvent } from '../account/events.ts';
import { accountProjection } from './account-projection.ts';
import type { AccountDocument } from './accounts.ts';
import { UndecodablePayloadError } from '../event-store/avro/single-object.ts';
import type { LogEntry, ReadableEntry } from '../event-store/log-entry.ts';
import { foldBatch } from './fold-batch.ts';
import type { Standing } from './fold-batch.ts';

const ACCOUNT = '6f1c1c52-4a34-4c0e-9f5a-0d2f4f3f8a10';

/** Version n of one account at stream sequence 10 n: opened with 100, then 10 more each time. */
function recorded(version: number): ReadableEntry {
  const fact: AccountFact =
    version === 1
      ? { type: 'AccountCreated', ownerName: 'o', currency: 'USD', initialBalance: 100n }
      : {
          type: 'MoneyDeposited',
          amount: 10n,
          currency: 'USD',
          ...openedWith(100n + 10n * BigInt(version - 1)),
          reference: null,
        };
  const base = {
    eventId: 'e',
    accountId: ACCOUNT,
    occurredAt: 0,
    commandId: 'c',
    commandHash: null,
  };
  return { accountId: ACCOUNT, sequence: version * 10, event: { ...fact, ...base, version } };
}

const OTHER = '0b8ff0a5-61a1-4a3e-8f0b-3f2f6d6a6c11';

/** The same of another account. */
function ofOther(version: number): ReadableEntry {
  const { sequence, event } = recorded(version);
  return { accountId: OTHER, sequence: sequence + 1, event: { ...event, accountId: OTHER } };
}

const unreadable = (version: number): LogEntry => ({
  accountId: ACCOUNT,
  sequence: version * 10,
  error: new UndecodablePayloadError('no schema has this fingerprint'),
});

/** What is known before the batch: the account's document, and who is parked. */
const standing = (document?: AccountDocument, ...parked: string[]): Standing<AccountDocument> => ({
  document: (accountId) => (accountId === ACCOUNT ? document : undefined),
  isParked: (accountId) => parked.includes(accountId),
});

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
  const { changed } = await foldBatch(accountProjection, standing(), all, log);
  const document = changed.get(ACCOUNT);
  if (document === undefined) throw new Error('no document');
  return document;
}

describe('a batch', () => {
  test('is folded in order, one document an account and one line a movement', async () => {
    const folded = await foldBatch(accountProjection, standing(), versions(1, 2, 3), log);
    expect(folded.changed.get(ACCOUNT)).toMatchObject({ version: 3, sequence: 30n, balance: 120n });
    expect(folded.lines.map(({ _id }) => _id)).toEqual([1, 2, 3].map((n) => `${ACCOUNT}:${n}`));
  });

  test('leaves out what is applied already', async () => {
    const document = await documentAt(2);
    const folded = await foldBatch(
      accountProjection,
      standing(document),
      versions(1, 2, 2, 3, 3),
      log,
    );
    expect(folded.repeated).toBe(4);
    expect(folded.changed.get(ACCOUNT)).toMatchObject({ version: 3 });
  });

  test('in which every event is applied already changes no document, and writes its lines', async () => {
    const document = await documentAt(3);
    const folded = await foldBatch(accountProjection, standing(document), versions(1, 2, 3), log);
    expect(folded.changed.size).toBe(0);
    expect(folded.lines.map(({ _id }) => _id)).toEqual([1, 2, 3].map((n) => `${ACCOUNT}:${n}`));
  });

  test('that skips versions gets the missing ones from the log', async () => {
    const document = await documentAt(1);
    const folded = await foldBatch(accountProjection, standing(document), versions(4), log);
    expect(folded.changed.get(ACCOUNT)).toMatchObject({ version: 4, balance: 130n });
    expect(folded.lines).toHaveLength(3);
  });

  test('that was shuffled ends like one in order', async () => {
    const folded = await foldBatch(accountProjection, standing(), versions(3, 1, 2, 5, 4), log);
    expect(folded.changed.get(ACCOUNT)).toEqual(await documentAt(5));
    expect(new Set(folded.lines.map(({ _id }) => _id)).size).toBe(5);
  });

  test('in which an event cannot be read parks the account there, and the other goes on', async () => {
    const batch = [recorded(1), ofOther(1), recorded(2), unreadable(3), ofOther(2), recorded(4)];
    const folded = await foldBatch(accountProjection, standing(), batch, log);
    expect(folded.parked).toEqual([
      { accountId: ACCOUNT, sequence: 30, error: 'no schema has this fingerprint' },
    ]);
    expect(folded.changed.get(ACCOUNT)).toMatchObject({ version: 2 });
    expect(folded.changed.get(OTHER)).toMatchObject({ version: 2 });
    expect(folded.lines).toHaveLength(4);
  });

  test('of a parked account changes nothing', async () => {
    const document = await documentAt(1);
    const batch = [recorded(2), ofOther(1), recorded(3)];
    const folded = await foldBatch(accountProjection, standing(document, ACCOUNT), batch, log);
    expect([...folded.changed.keys()]).toEqual([OTHER]);
    expect(folded.parked).toEqual([]);
    expect(folded.lines).toHaveLength(1);
  });

  test('that contradicts the document parks the account', async () => {
    const document = { ...(await documentAt(1)), balance: 7n };
    const folded = await foldBatch(accountProjection, standing(document), versions(2, 3), log);
    expect(folded.parked).toEqual([
      { accountId: ACCOUNT, sequence: 20, error: expect.stringContaining('do not make') as string },
    ]);
    expect(folded.changed.size).toBe(0);
  });

  test('of which no line can be made parks the account before it', async () => {
    const projection = {
      ...accountProjection,
      lineOf(entry: RecordedEvent) {
        if (entry.event.version === 2) throw new TypeError('no line');
        return accountProjection.lineOf(entry);
      },
    };
    const folded = await foldBatch(projection, standing(), versions(1, 2, 3), log);
    expect(folded.parked).toEqual([{ accountId: ACCOUNT, sequence: 20, error: 'no line' }]);
    expect(folded.changed.get(ACCOUNT)).toMatchObject({ version: 1 });
  });

  test('whose missing events the log does not have is never applied', async () => {
    const document = await documentAt(1);
    const folded = await foldBatch(accountProjection, standing(document), versions(3), emptyLog);
    expect(folded.parked).toEqual([
      {
        accountId: ACCOUNT,
        sequence: 30,
        error: expect.stringContaining('no version 2') as string,
      },
    ]);
    expect(folded.changed.size).toBe(0);
  });

  test('whose missing events cannot be had right now fails, and parks nobody', async () => {
    const document = await documentAt(1);
    // eslint-disable-next-line @typescript-eslint/require-await -- it fails before
    const away = async function* (): AsyncGenerator<RecordedEvent> {
      throw new Error('NATS is away');
    };
    const folding = foldBatch(accountProjection, standing(document), versions(3), away);
    await expect(folding).rejects.toThrow('NATS is away');
  });
});
