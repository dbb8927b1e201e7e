import { IntegrityError } from '../account/errors.ts';
import type { RecordedEvent } from '../account/events.ts';
import type { CollectionSpec, ProjectedDocument } from './projection.ts';

/** One document an account: how it stands. */
export interface AccountDocument extends ProjectedDocument {
  readonly ownerName: string;
  /** ISO 4217 code. */
  readonly currency: string;
  /** Minor units. */
  readonly balance: bigint;
  /** Minor units: the opening balance and all deposits. `deposited - withdrawn` is the balance. */
  readonly deposited: bigint;
  /** Minor units. */
  readonly withdrawn: bigint;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const accountDocuments: CollectionSpec = {
  name: 'accounts',
  indexes: [
    { key: { createdAt: 1, _id: 1 } },
    { key: { balance: 1, _id: 1 } },
    { key: { ownerName: 1, createdAt: 1, _id: 1 } },
    { key: { ownerName: 1, balance: 1, _id: 1 } },
    { key: { currency: 1, createdAt: 1, _id: 1 } },
    { key: { currency: 1, balance: 1, _id: 1 } },
  ],
};

export function applyToAccount(
  document: AccountDocument | undefined,
  { event, sequence }: RecordedEvent,
): AccountDocument {
  const at = new Date(event.occurredAt);
  const place = { version: event.version, sequence: BigInt(sequence), updatedAt: at };
  switch (event.type) {
    case 'AccountCreated':
      return {
        _id: event.accountId,
        ownerName: event.ownerName,
        currency: event.currency,
        balance: event.initialBalance,
        deposited: event.initialBalance,
        withdrawn: 0n,
        createdAt: at,
        ...place,
      };
    case 'MoneyDeposited':
      return moved(document, event.accountId, event.amount, event.balance, place);
    case 'MoneyWithdrawn':
      return moved(document, event.accountId, -event.amount, event.balance, place);
    case 'CommandRejected':
      return moved(document, event.accountId, 0n, event.balance, place);
  }
}

function moved(
  document: AccountDocument | undefined,
  accountId: string,
  change: bigint,
  balance: bigint,
  place: Pick<AccountDocument, 'version' | 'sequence' | 'updatedAt'>,
): AccountDocument {
  if (document === undefined) {
    throw new IntegrityError(`account ${accountId}: money moved before it was created`);
  }
  if (document.balance + change !== balance) {
    throw new IntegrityError(
      `account ${accountId}, version ${place.version}: ` +
        `${document.balance} and ${change} minor units do not make ${balance}`,
    );
  }
  return {
    ...document,
    balance,
    deposited: document.deposited + (change > 0n ? change : 0n),
    withdrawn: document.withdrawn - (change < 0n ? change : 0n),
    ...place,
  };
}
