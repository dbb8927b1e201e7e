import { IntegrityError } from '../account/errors.ts';
import { standingAfter } from '../account/events.ts';
import type { AccountEvent, RecordedEvent, Standing } from '../account/events.ts';
import type { CollectionSpec, ProjectedDocument } from './projection.ts';

/** One document an account: how it stands, money in minor units. */
export interface AccountDocument extends ProjectedDocument, Standing {
  readonly ownerName: string;
  /** ISO 4217 code. */
  readonly currency: string;
  /**
   * Minor units: the opening balance and all deposits. With the other three it makes the balance:
   * `deposited - withdrawn + received - sent`. The four only grow, and what went through an account
   * may be more than an Int64 holds: they are counted modulo 2^64, and so is what they make.
   */
  readonly deposited: bigint;
  /** Minor units: withdrawals and captured holds. */
  readonly withdrawn: bigint;
  /** Minor units that came from other accounts. */
  readonly received: bigint;
  /** Minor units that went to other accounts. */
  readonly sent: bigint;
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
    { key: { status: 1, createdAt: 1, _id: 1 } },
    { key: { status: 1, balance: 1, _id: 1 } },
  ],
};

export function applyToAccount(
  document: AccountDocument | undefined,
  { event, sequence }: RecordedEvent,
): AccountDocument {
  const at = new Date(event.occurredAt);
  const place = { version: event.version, sequence: BigInt(sequence), updatedAt: at };
  const standing = standingAfter(event);
  if (event.type === 'AccountCreated') {
    const { accountId: _id, ownerName, currency, initialBalance } = event;
    const opening = { _id, ownerName, currency, ...standing, createdAt: at, ...place };
    return { ...opening, ...NOTHING_MOVED, deposited: initialBalance };
  }
  if (document === undefined) {
    throw new IntegrityError(`account ${event.accountId}: ${event.type} before it was created`);
  }
  const next = { ...document, ...standing, ...place, ...moved(document, event) };
  const change = int64(netOf(next) - netOf(document));
  if (document.balance + change !== standing.balance) {
    throw new IntegrityError(
      `account ${event.accountId}, version ${event.version}: ` +
        `${document.balance} and ${change} minor units do not make ${standing.balance}`,
    );
  }
  return next;
}

type Totals = Pick<AccountDocument, 'deposited' | 'withdrawn' | 'received' | 'sent'>;

const netOf = ({ deposited, withdrawn, received, sent }: Totals): bigint =>
  deposited - withdrawn + received - sent;

const int64 = (units: bigint): bigint => BigInt.asIntN(64, units);

const NOTHING_MOVED = { deposited: 0n, withdrawn: 0n, received: 0n, sent: 0n };

/** The total that the event adds to. */
function moved(totals: Totals, event: AccountEvent): Partial<Totals> {
  switch (event.type) {
    case 'MoneyDeposited':
      return { deposited: int64(totals.deposited + event.amount) };
    case 'MoneyWithdrawn':
    case 'HoldCaptured':
      return { withdrawn: int64(totals.withdrawn + event.amount) };
    case 'TransferReceived':
      return { received: int64(totals.received + event.amount) };
    case 'TransferSent':
      return { sent: int64(totals.sent + event.amount) };
    case 'AccountCreated':
    case 'HoldPlaced':
    case 'HoldReleased':
    case 'AccountFrozen':
    case 'AccountUnfrozen':
    case 'OverdraftLimitSet':
    case 'AccountClosed':
    case 'CommandRejected':
      return {};
  }
}
