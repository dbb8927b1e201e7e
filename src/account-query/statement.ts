import type { Collection } from 'mongodb';
import type { TransactionDocument } from '../projections/transactions.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { pageOf } from './page.ts';
import type { Page, PageRequest } from './page.ts';

/** The account's statement, newest first. */
export async function statementPage(
  transactions: Collection<TransactionDocument>,
  accountId: string,
  { limit, cursor }: PageRequest,
): Promise<Page<TransactionDocument>> {
  const before = cursor === undefined ? undefined : decodeCursor([accountId], cursor, 'number')[0];
  const filter = { accountId, ...(before !== undefined && { version: { $lt: before } }) };
  const found = transactions.find(filter).sort({ version: -1 });
  return pageOf(await found.limit(limit + 1).toArray(), limit, ({ version }) =>
    encodeCursor([accountId], [version]),
  );
}
