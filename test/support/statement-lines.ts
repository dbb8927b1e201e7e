import type { Db } from 'mongodb';
import { openedWith } from '../../src/account/events.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import type { TransactionDocument } from '../../src/projections/transactions.ts';

const INSERTED_AT_ONCE = 5_000;

/** Puts an account with so many deposits of 0.01 into the read models, past the log. */
export async function insertStatement(db: Db, accountId: string, lines: number): Promise<void> {
  const at = new Date(0);
  const place = { version: lines, sequence: BigInt(lines), createdAt: at, updatedAt: at };
  const moved = { deposited: BigInt(lines), withdrawn: 0n, received: 0n, sent: 0n };
  const totals = { ...openedWith(BigInt(lines)), ...moved };
  await db
    .collection<AccountDocument>('accounts_v1')
    .insertOne({ _id: accountId, ownerName: 'Ada', currency: 'USD', ...totals, ...place });
  const collection = db.collection<TransactionDocument>('transactions_v1');
  for (let first = 1; first <= lines; first += INSERTED_AT_ONCE) {
    const count = Math.min(INSERTED_AT_ONCE, lines - first + 1);
    await collection.insertMany(
      Array.from({ length: count }, (_, index) => lineOf(accountId, first + index)),
      { ordered: false },
    );
  }
}

/** Version v is v seconds after 1970. */
function lineOf(accountId: string, version: number): TransactionDocument {
  return {
    _id: `${accountId}:${version}`,
    accountId,
    version,
    sequence: BigInt(version),
    type: 'deposit',
    amount: 1n,
    balance: BigInt(version),
    currency: 'USD',
    at: new Date(version * 1000),
  };
}
