import type { Filter } from 'mongodb';
import type { AccountDocument } from '../projections/accounts.ts';
import type { TransactionDocument } from '../projections/transactions.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { ReadModels } from './read-models.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Continues behind the last item; null at the end. */
  readonly nextCursor: string | null;
}

export interface PageRequest {
  /** 1 to 100. */
  readonly limit: number;
  readonly cursor?: string;
}

/** The read models, as the HTTP routes ask for them. */
export interface ReadStore {
  account(accountId: string): Promise<AccountDocument | undefined>;
  /** All accounts, oldest first. */
  accounts(page: PageRequest): Promise<Page<AccountDocument>>;
  /** The account's statement, newest first. */
  transactions(accountId: string, page: PageRequest): Promise<Page<TransactionDocument>>;
}

/** `collections` answers those of the build that is live, at each call. */
export function readStore(collections: () => ReadModels): ReadStore {
  return {
    async account(accountId) {
      const { accounts } = collections();
      return (await accounts.findOne({ _id: accountId })) ?? undefined;
    },

    async accounts({ limit, cursor }) {
      let filter: Filter<AccountDocument> = {};
      if (cursor !== undefined) {
        const [milliseconds, accountId] = decodeCursor(cursor, 'number', 'string');
        const createdAt = new Date(milliseconds);
        filter = {
          $or: [{ createdAt: { $gt: createdAt } }, { createdAt, _id: { $gt: accountId } }],
        };
      }
      const found = collections().accounts.find(filter).sort({ createdAt: 1, _id: 1 });
      return pageOf(await found.limit(limit + 1).toArray(), limit, ({ createdAt, _id }) =>
        encodeCursor([createdAt.getTime(), _id]),
      );
    },

    async transactions(accountId, { limit, cursor }) {
      const before = cursor === undefined ? undefined : decodeCursor(cursor, 'number')[0];
      const filter = { accountId, ...(before !== undefined && { version: { $lt: before } }) };
      const found = collections().transactions.find(filter).sort({ version: -1 });
      return pageOf(await found.limit(limit + 1).toArray(), limit, ({ version }) =>
        encodeCursor([version]),
      );
    },
  };
}

/** One more than the limit was asked for, to know whether there is a next page. */
function pageOf<T>(found: readonly T[], limit: number, cursorAfter: (item: T) => string): Page<T> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const more = found.length > limit && last !== undefined;
  return { items, nextCursor: more ? cursorAfter(last) : null };
}
