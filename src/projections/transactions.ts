import type { MoneyDeposited, MoneyWithdrawn, RecordedEvent } from '../account/events.ts';
import type { CollectionSpec, ProjectedLine } from './projection.ts';

/** One document a movement of money: a line of the account's statement. */
export interface TransactionDocument extends ProjectedLine {
  readonly accountId: string;
  readonly version: number;
  /** Stream sequence. */
  readonly sequence: bigint;
  readonly type: 'opening' | 'deposit' | 'withdrawal';
  /** Minor units; negative where money went out. */
  readonly amount: bigint;
  /** Minor units after the movement. */
  readonly balance: bigint;
  readonly currency: string;
  /** Left out where there is none, so that lines of older events stay as they are. */
  readonly reference?: string;
  readonly at: Date;
}

export const transactionLines: CollectionSpec = {
  name: 'transactions',
  // The order is that of the versions; a range of times is picked out within the index.
  indexes: [{ key: { accountId: 1, version: -1, at: -1 } }],
};

/** A function of the one event: it states the balance after it. An empty opening moves nothing. */
export function transactionOf({ event, sequence }: RecordedEvent): TransactionDocument | undefined {
  const { accountId, version, currency } = event;
  const line = {
    _id: `${accountId}:${version}`,
    accountId,
    version,
    sequence: BigInt(sequence),
    currency,
    at: new Date(event.occurredAt),
  };
  switch (event.type) {
    case 'AccountCreated': {
      const { initialBalance } = event;
      if (initialBalance === 0n) return undefined;
      return { ...line, type: 'opening', amount: initialBalance, balance: initialBalance };
    }
    case 'MoneyDeposited':
      return { ...line, type: 'deposit', ...movement(event, event.amount) };
    case 'MoneyWithdrawn':
      return { ...line, type: 'withdrawal', ...movement(event, -event.amount) };
    case 'CommandRejected':
      return undefined;
  }
}

function movement({ balance, reference }: MoneyDeposited | MoneyWithdrawn, amount: bigint) {
  return { amount, balance, ...(reference ? { reference } : {}) };
}
