import type { Collection, Db } from 'mongodb';
import { accountDocuments } from '../projections/accounts.ts';
import type { AccountDocument } from '../projections/accounts.ts';
import { collectionName } from '../projections/build.ts';
import type { Build } from '../projections/build.ts';
import { transactionLines } from '../projections/transactions.ts';
import type { TransactionDocument } from '../projections/transactions.ts';

/** The collections of one build, as queries read them. */
export interface ReadModels {
  readonly accounts: Collection<AccountDocument>;
  readonly transactions: Collection<TransactionDocument>;
}

export function readModels(db: Db, build: Build): ReadModels {
  return {
    accounts: db.collection(collectionName(accountDocuments.name, build)),
    transactions: db.collection(collectionName(transactionLines.name, build)),
  };
}
