import type { Collection, Filter } from 'mongodb';
import type { AccountDocument } from '../projections/accounts.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { pageOf } from './page.ts';
import type { Page, PageRequest } from './page.ts';

/** All accounts, oldest first. */
export async function listAccounts(
  accounts: Collection<AccountDocument>,
  { limit, cursor }: PageRequest,
): Promise<Page<AccountDocument>> {
  let filter: Filter<AccountDocument> = {};
  if (cursor !== undefined) {
    const [milliseconds, accountId] = decodeCursor(cursor, 'number', 'string');
    const createdAt = new Date(milliseconds);
    filter = {
      $or: [{ createdAt: { $gt: createdAt } }, { createdAt, _id: { $gt: accountId } }],
    };
  }
  const found = accounts.find(filter).sort({ createdAt: 1, _id: 1 });
  return pageOf(await found.limit(limit + 1).toArray(), limit, ({ createdAt, _id }) =>
    encodeCursor([createdAt.getTime(), _id]),
  );
}
