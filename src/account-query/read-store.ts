import type { AccountDocument } from '../projections/accounts.ts';
import type { TransactionDocument } from '../projections/transactions.ts';
import { listAccounts } from './list-accounts.ts';
import type { AccountList } from './list-accounts.ts';
import type { Page, PageRequest } from './page.ts';
import { proveMoney } from './proof.ts';
import type { CurrencyProof } from './proof.ts';
import type { ReadModels } from './read-models.ts';
import { statementLines, statementPage } from './statement.ts';
import type { StatementRange } from './statement.ts';

/** The read models, as the HTTP routes ask for them. */
export interface ReadStore {
  account(accountId: string): Promise<AccountDocument | undefined>;
  accounts(list: AccountList, page: PageRequest): Promise<Page<AccountDocument>>;
  /** The account's statement, newest first. */
  transactions(range: StatementRange, page: PageRequest): Promise<Page<TransactionDocument>>;
  /** A stream sequence before that of the account's version, as near as the statement knows one. */
  sequenceBefore(accountId: string, version: number): Promise<number>;
  /** `position`: a stream sequence up to which the read models have every event. */
  proof(position: number): Promise<readonly CurrencyProof[]>;
  /** All of it, some hundred lines at a time; leaving it early lets MongoDB forget it. */
  allTransactions(range: StatementRange): AsyncGenerator<readonly TransactionDocument[]>;
}

/** `collections` is asked at each query: which build of the read models answers may change. */
export function readStore(collections: () => ReadModels): ReadStore {
  return {
    async account(accountId) {
      return (await collections().accounts.findOne({ _id: accountId })) ?? undefined;
    },
    accounts: (list, page) => listAccounts(collections().accounts, list, page),
    transactions: (range, page) => statementPage(collections().transactions, range, page),
    async sequenceBefore(accountId, version) {
      const before = { accountId, version: { $lt: version } };
      const line = await collections().transactions.findOne(before, { sort: { version: -1 } });
      return Number(line?.sequence ?? 0);
    },
    proof: (position) => proveMoney(collections().accounts, position),
    allTransactions: (range) => statementLines(collections().transactions, range),
  };
}
