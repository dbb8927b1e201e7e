import type { Collection, Filter } from 'mongodb';
import type { TransactionDocument } from '../projections/transactions.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { pageOf } from './page.ts';
import type { Page, PageRequest } from './page.ts';

/** Which lines of an account's statement. Their order is that of the log, whatever their times say. */
export interface StatementRange {
  readonly accountId: string;
  /** The account's, as it is shown: lines beyond it may stand already, some before others. */
  readonly version: number;
  /** Included. */
  readonly from?: Date | undefined;
  /** Not included. */
  readonly to?: Date | undefined;
}

/** Lines fetched from MongoDB at once when all are read: what one reader holds in memory. */
const BATCH = 500;

const NEWEST_FIRST = { version: -1 } as const;

/** A page of the statement, newest first. */
export async function statementPage(
  transactions: Collection<TransactionDocument>,
  range: StatementRange,
  { limit, cursor }: PageRequest,
): Promise<Page<TransactionDocument>> {
  const scope = [range.accountId, range.from ?? null, range.to ?? null];
  const before = cursor === undefined ? undefined : decodeCursor(scope, cursor, 'number')[0];
  const found = transactions.find(statementFilter(range, before)).sort(NEWEST_FIRST);
  return pageOf(await found.limit(limit + 1).toArray(), limit, ({ version }) =>
    encodeCursor(scope, [version]),
  );
}

/** The whole range, newest first, as MongoDB hands it over. Leaving it early closes its cursor. */
export async function* statementLines(
  transactions: Collection<TransactionDocument>,
  range: StatementRange,
): AsyncGenerator<readonly TransactionDocument[]> {
  const cursor = transactions.find(statementFilter(range)).sort(NEWEST_FIRST).batchSize(BATCH);
  try {
    while (await cursor.hasNext()) yield cursor.readBufferedDocuments();
  } finally {
    await cursor.close();
  }
}

export function statementFilter(
  { accountId, version, from, to }: StatementRange,
  beforeVersion?: number,
): Filter<TransactionDocument> {
  const at = { ...(from !== undefined && { $gte: from }), ...(to !== undefined && { $lt: to }) };
  return {
    accountId,
    version: { $lte: version, ...(beforeVersion !== undefined && { $lt: beforeVersion }) },
    ...(Object.keys(at).length > 0 && { at }),
  };
}
