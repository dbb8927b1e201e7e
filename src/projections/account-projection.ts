import { accountDocuments, applyToAccount } from './accounts.ts';
import type { AccountDocument } from './accounts.ts';
import type { Projection } from './projection.ts';
import { transactionLines, transactionOf } from './transactions.ts';

/** The bank's read models: how each account stands, and its statement. */
export const accountProjection: Projection<AccountDocument> = {
  name: 'accounts',
  version: 2,
  documents: accountDocuments,
  lines: transactionLines,
  apply: applyToAccount,
  lineOf: transactionOf,
};
