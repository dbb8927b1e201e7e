import type { Db } from 'mongodb';
import { expect } from 'vitest';
import { openedWith } from '../../src/account/events.ts';
import type { AccountEvent, RecordedEvent, Standing } from '../../src/account/events.ts';
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
  const standings = new Map<string, Standing>();
  const totals = new Map<string, Record<Total, bigint>>();
  for (const { event, sequence } of events) {
    const { accountId, version, currency } = event;
    const at = new Date(event.occurredAt);
    const amount = changeOf(event);
    const before = standings.get(accountId) ?? openedWith(0n);
    const standing = { ...before, ...changesOf(event, before), balance: before.balance + amount };
    standings.set(accountId, standing);
    const total = { ...(totals.get(accountId) ?? NOTHING) };
    const counted = TOTALS[event.type];
    if (counted !== undefined) total[counted] += amount < 0n ? -amount : amount;
    totals.set(accountId, total);
    const place = { version, sequence: BigInt(sequence) };
    const opened =
      event.type === 'AccountCreated'
        ? { ownerName: event.ownerName, currency, createdAt: at }
        : documents.get(accountId);
    const state = { _id: accountId, ...standing, ...total, updatedAt: at };
    documents.set(accountId, { ...opened, ...state, ...place });
    const type = LINE_TYPES[event.type];
    if (type === undefined || amount === 0n) continue;
    const _id = `${accountId}:${version}`;
    const { balance } = standing;
    const line = { _id, accountId, ...place, type, amount, balance, currency, at };
    lines.set(_id, { ...line, ...referenceOf(event), ...linkOf(event) });
  }
  return { documents, lines };
}

/** What the event makes of the standing besides the balance. */
function changesOf(event: AccountEvent, { held }: Standing): Partial<Standing> {
  switch (event.type) {
    case 'HoldPlaced':
      return { held: held + event.amount };
    case 'HoldCaptured':
      return { held: held - event.amount - event.released };
    case 'HoldReleased':
      return { held: held - event.amount };
    case 'AccountFrozen':
      return { status: 'frozen' };
    case 'AccountUnfrozen':
      return { status: 'open' };
    case 'AccountClosed':
      return { status: 'closed' };
    case 'OverdraftLimitSet':
      return { overdraftLimit: event.overdraftLimit };
    case 'AccountCreated':
    case 'MoneyDeposited':
    case 'MoneyWithdrawn':
    case 'TransferSent':
    case 'TransferReceived':
    case 'CommandRejected':
      return {};
  }
}

type Total = 'deposited' | 'withdrawn' | 'received' | 'sent';
const NOTHING: Record<Total, bigint> = { deposited: 0n, withdrawn: 0n, received: 0n, sent: 0n };

const TOTALS: Partial<Record<AccountEvent['type'], Total>> = {
  AccountCreated: 'deposited',
  MoneyDeposited: 'deposited',
  MoneyWithdrawn: 'withdrawn',
  HoldCaptured: 'withdrawn',
  TransferReceived: 'received',
  TransferSent: 'sent',
};

function linkOf(event: AccountEvent) {
  if (event.type === 'HoldCaptured') return { holdId: event.holdId };
  if (!('transferId' in event)) return {};
  const { transferId, counterparty } = event;
  return { transferId, counterparty };
}

/** A line without a reference does not have the member, as those written before there was one. */
const referenceOf = (event: AccountEvent) =>
  'reference' in event && event.reference !== null ? { reference: event.reference } : {};

const LINE_TYPES: Partial<Record<AccountEvent['type'], string>> = {
  AccountCreated: 'opening',
  MoneyDeposited: 'deposit',
  MoneyWithdrawn: 'withdrawal',
  TransferReceived: 'transfer_in',
  TransferSent: 'transfer_out',
  HoldCaptured: 'capture',
};

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
