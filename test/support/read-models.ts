import type { Db } from 'mongodb';
import { expect } from 'vitest';
import type { AccountEvent, RecordedEvent } from '../../src/account/events.ts';
import { changeOf } from './account-events.ts';
import { eventually } from './await.ts';
import type { Ledger } from './ledger.ts';

interface Stored {
  readonly _id: string;
  readonly [field: string]: unknown;
}

/** One copy of the read models, as a test names it. */
export interface ReadBuild {
  readonly number: number;
  readonly groups: number;
}

const FIRST: ReadBuild = { number: 1, groups: 1 };

const groupIds = ({ number, groups }: ReadBuild): string[] =>
  groups === 1
    ? [`accounts-v${number}`]
    : Array.from({ length: groups }, (_, index) => `accounts-v${number}-${index}of${groups}`);

/** Stream sequence up to which the read models claim to have every event; undefined before the first start. */
export async function checkpointOf(db: Db, build = FIRST): Promise<bigint | undefined> {
  const filter = { _id: { $in: groupIds(build) } };
  const found = await db.collection<Stored>('checkpoints').find(filter).toArray();
  const sequences = found.map((checkpoint) => checkpoint['sequence'] as bigint);
  return sequences.reduce<bigint | undefined>(
    (least, sequence) => (least === undefined || sequence < least ? sequence : least),
    undefined,
  );
}

/** The build that queries are answered from. */
export async function liveBuildOf(db: Db): Promise<ReadBuild> {
  const control = await db.collection<Stored>('projections').findOne({ _id: 'accounts' });
  const builds = control?.['builds'] as readonly ReadBuild[] | undefined;
  const live = builds?.find(({ number }) => number === control?.['live']);
  if (live === undefined) throw new Error('no build is live');
  return live;
}

/** Resolves once the read models claim to be at the stream sequence. */
export async function untilProjected(db: Db, sequence: number, timeoutMs = 20_000): Promise<void> {
  await eventually(
    async () => {
      const checkpoint = await checkpointOf(db);
      if (checkpoint !== BigInt(sequence)) throw new Error(`it is at ${String(checkpoint)}`);
    },
    { timeoutMs, what: `the checkpoint at ${sequence}` },
  );
}

/**
 * Every account document and every statement line is what the log says, there is none too many, and
 * the checkpoint is the last sequence.
 */
export async function expectReadModelsOf(db: Db, ledger: Ledger, build = FIRST): Promise<void> {
  await expectContentsOf(db, ledger.events, build);
  expect(await checkpointOf(db, build)).toBe(BigInt(ledger.lastSequence));
}

/**
 * Every account document and every statement line is what these events say, and there is none too
 * many. What is expected is made here from the events alone, without the projection's code.
 */
export async function expectContentsOf(
  db: Db,
  events: readonly RecordedEvent[],
  { number }: ReadBuild = FIRST,
): Promise<void> {
  const [documents, lines] = await Promise.all([
    db.collection<Stored>(`accounts_v${number}`).find().toArray(),
    db.collection<Stored>(`transactions_v${number}`).find().toArray(),
  ]);
  const expected = readModelsOf(events);
  expectSame('account documents', documents, expected.documents);
  expectSame('statement lines', lines, expected.lines);
}

function readModelsOf(events: readonly RecordedEvent[]) {
  const documents = new Map<string, Stored>();
  const lines = new Map<string, Stored>();
  const balances = new Map<string, bigint>();
  const totals = new Map<string, { deposited: bigint; withdrawn: bigint }>();
  for (const { event, sequence } of events) {
    const { accountId, version, currency } = event;
    const at = new Date(event.occurredAt);
    const amount = changeOf(event);
    const balance = (balances.get(accountId) ?? 0n) + amount;
    balances.set(accountId, balance);
    const before = totals.get(accountId) ?? { deposited: 0n, withdrawn: 0n };
    const total =
      amount < 0n
        ? { ...before, withdrawn: before.withdrawn - amount }
        : { ...before, deposited: before.deposited + amount };
    totals.set(accountId, total);
    const place = { version, sequence: BigInt(sequence) };
    const opened =
      event.type === 'AccountCreated'
        ? { ownerName: event.ownerName, currency, createdAt: at }
        : documents.get(accountId);
    const state = { _id: accountId, balance, ...total, updatedAt: at };
    documents.set(accountId, { ...opened, ...state, ...place });
    if (event.type === 'CommandRejected' || amount === 0n) continue;
    const _id = `${accountId}:${version}`;
    const type = LINE_TYPES[event.type];
    const line = { _id, accountId, ...place, type, amount, balance, currency, at };
    lines.set(_id, { ...line, ...referenceOf(event) });
  }
  return { documents, lines };
}

/** A line without a reference does not have the member, as those written before there was one. */
const referenceOf = (event: AccountEvent) =>
  'reference' in event && event.reference !== null ? { reference: event.reference } : {};

const LINE_TYPES = {
  AccountCreated: 'opening',
  MoneyDeposited: 'deposit',
  MoneyWithdrawn: 'withdrawal',
} as const;

const TOLD_DIFFERENCES = 5;

/** Compares all, and tells only the first few differences: there may be thousands. */
function expectSame(
  what: string,
  found: readonly Stored[],
  expected: ReadonlyMap<string, Stored>,
): void {
  const actual = new Map(found.map((document) => [document._id, document]));
  const ids = new Set([...actual.keys(), ...expected.keys()]);
  const different = [...ids].filter(
    (id) => canonical(actual.get(id)) !== canonical(expected.get(id)),
  );
  const told = different.slice(0, TOLD_DIFFERENCES).map((id) => ({
    id,
    found: canonical(actual.get(id)),
    expected: canonical(expected.get(id)),
  }));
  expect(told, `${different.length} of ${expected.size} ${what} differ`).toEqual([]);
  expect(found.length).toBe(expected.size);
}

function canonical(document: Stored | undefined): string {
  if (document === undefined) return 'missing';
  const fields = Object.entries(document).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(fields, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}
