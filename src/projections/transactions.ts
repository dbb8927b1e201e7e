import type { RecordedEvent, TransferReceived, TransferSent } from '../account/events.ts';
import type { CollectionSpec, ProjectedLine } from './projection.ts';

export const LINE_TYPES = [
  'opening',
  'deposit',
  'withdrawal',
  'transfer_in',
  'transfer_out',
  'capture',
] as const;
export type LineType = (typeof LINE_TYPES)[number];

/** One document a movement of money: a line of the account's statement. */
export interface TransactionDocument extends ProjectedLine {
  readonly accountId: string;
  readonly version: number;
  /** Stream sequence. */
  readonly sequence: bigint;
  readonly type: LineType;
  /** Minor units; negative where money went out. */
  readonly amount: bigint;
  /** Minor units after the movement. */
  readonly balance: bigint;
  readonly currency: string;
  /** Left out where there is none, so that lines of older events stay as they are. */
  readonly reference?: string;
  /** Account id of the other side, and the transfer's id; only on the lines of transfers. */
  readonly counterparty?: string;
  readonly transferId?: string;
  /** Only on the line of a capture. */
  readonly holdId?: string;
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
    case 'TransferReceived':
      return { ...line, type: 'transfer_in', ...movement(event, event.amount), ...sideOf(event) };
    case 'TransferSent':
      return { ...line, type: 'transfer_out', ...movement(event, -event.amount), ...sideOf(event) };
    case 'HoldCaptured':
      return { ...line, type: 'capture', ...movement(event, -event.amount), holdId: event.holdId };
    case 'HoldPlaced':
    case 'HoldReleased':
    case 'AccountFrozen':
    case 'AccountUnfrozen':
    case 'OverdraftLimitSet':
    case 'AccountClosed':
    case 'CommandRejected':
      return undefined;
  }
}

const sideOf = ({ transferId, counterparty }: TransferSent | TransferReceived) => ({
  transferId,
  counterparty,
});

/** What moves money and states the balance after it. */
interface Movement {
  readonly balance: bigint;
  readonly reference: string | null;
}

function movement({ balance, reference }: Movement, amount: bigint) {
  return { amount, balance, ...(reference ? { reference } : {}) };
}
