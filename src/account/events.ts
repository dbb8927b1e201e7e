import type { MinorUnits } from './money.ts';

/** What happened to an account. The log stores these and nothing else. */
export type AccountFact =
  | AccountCreated
  | MoneyDeposited
  | MoneyWithdrawn
  | TransferSent
  | TransferReceived
  | HoldPlaced
  | HoldCaptured
  | HoldReleased
  | AccountFrozen
  | AccountUnfrozen
  | OverdraftLimitSet
  | AccountClosed
  | CommandRejected;

export type AccountStatus = 'open' | 'frozen' | 'closed';

/**
 * How the account stands after the event. It follows from the events before; it is stored so that
 * one event alone makes a statement line or the answer to a repeat, and so that every fold proves
 * itself against the log.
 */
export interface Standing {
  /** Minor units; negative only as far as the overdraft limit goes. */
  readonly balance: MinorUnits;
  /** Minor units of the balance that open holds have set aside. */
  readonly held: MinorUnits;
  /** Minor units, 0 or more: how far below 0 the balance may go. */
  readonly overdraftLimit: MinorUnits;
  readonly status: AccountStatus;
}

/** What every fact says but the first. */
interface AfterOpening extends Standing {
  /** ISO 4217 code; an account keeps its currency for ever. */
  readonly currency: string;
}

export interface AccountCreated {
  readonly type: 'AccountCreated';
  readonly ownerName: string;
  readonly currency: string;
  /** Minor units, 0 or more. */
  readonly initialBalance: MinorUnits;
}

export interface MoneyDeposited extends AfterOpening {
  readonly type: 'MoneyDeposited';
  readonly amount: MinorUnits;
  /** What the client says it was for; null where it said nothing. */
  readonly reference: string | null;
}

export interface MoneyWithdrawn extends AfterOpening {
  readonly type: 'MoneyWithdrawn';
  readonly amount: MinorUnits;
  readonly reference: string | null;
}

/** One side of a leg of a transfer. The other stands in the same append, on the counterparty. */
interface TransferSide extends AfterOpening {
  /** UUID; the same on both sides and in all legs. */
  readonly transferId: string;
  /** Account id of the other side. */
  readonly counterparty: string;
  readonly amount: MinorUnits;
  readonly reference: string | null;
}

export interface TransferSent extends TransferSide {
  readonly type: 'TransferSent';
}

export interface TransferReceived extends TransferSide {
  readonly type: 'TransferReceived';
}

/** Money was set aside: it stays in the balance, and is not available. */
export interface HoldPlaced extends AfterOpening {
  readonly type: 'HoldPlaced';
  /** UUID. */
  readonly holdId: string;
  readonly amount: MinorUnits;
  /** Milliseconds since 1970 UTC; null for a hold that stays until it is captured or released. */
  readonly expiresAt: number | null;
  readonly reference: string | null;
}

/** A hold was taken, whole or in part; the rest of it is available again. */
export interface HoldCaptured extends AfterOpening {
  readonly type: 'HoldCaptured';
  readonly holdId: string;
  /** Minor units taken out of the balance. */
  readonly amount: MinorUnits;
  /** Minor units of the hold that were not taken. */
  readonly released: MinorUnits;
  /** That of the hold. */
  readonly reference: string | null;
}

export interface HoldReleased extends AfterOpening {
  readonly type: 'HoldReleased';
  readonly holdId: string;
  readonly amount: MinorUnits;
  readonly reason: 'requested' | 'expired';
}

export interface AccountFrozen extends AfterOpening {
  readonly type: 'AccountFrozen';
  readonly reason: string;
}

export interface AccountUnfrozen extends AfterOpening {
  readonly type: 'AccountUnfrozen';
  readonly reason: string | null;
}

/** `overdraftLimit` of the standing is the new one. */
export interface OverdraftLimitSet extends AfterOpening {
  readonly type: 'OverdraftLimitSet';
  readonly previousLimit: MinorUnits;
}

/** Final: nothing follows it. */
export interface AccountClosed extends AfterOpening {
  readonly type: 'AccountClosed';
  readonly reason: string | null;
}

/** A keyed command was refused for the account's state. Nothing changes; its retry stays refused. */
export interface CommandRejected extends Rejection, AfterOpening {
  readonly type: 'CommandRejected';
}

/** Why a command was refused, as its answer said it. */
export interface Rejection {
  readonly code: string;
  readonly detail: string;
  /** The member of the request at fault. */
  readonly field: string | null;
}

/** What every event carries beside its fact. */
export interface EventBase {
  /** UUID. */
  readonly eventId: string;
  /** UUID. */
  readonly accountId: string;
  /** 1, 2, 3 ... within the account, no gap and no repeat. */
  readonly version: number;
  /** Milliseconds since 1970 UTC, for people: order is the stream's sequence. */
  readonly occurredAt: number;
  /**
   * The idempotency key where the client sent one, else an id of this request's own. A transfer's
   * key stands on the account that it is remembered on; the other accounts' events have its id here.
   */
  readonly commandId: string;
  /** Hash of the keyed request; null where the client sent no key. */
  readonly commandHash: string | null;
}

export type AccountEvent = AccountFact & EventBase;

/** How the account stands after the event, as the event states it. */
export function standingAfter(event: AccountFact): Standing {
  if (event.type === 'AccountCreated') return openedWith(event.initialBalance);
  const { balance, held, overdraftLimit, status } = event;
  return { balance, held, overdraftLimit, status };
}

/** Whether the account stands like this. */
export const hasStanding = (account: Standing, expected: Standing): boolean =>
  STANDING.every((part) => account[part] === expected[part]);

export const STANDING = ['balance', 'held', 'overdraftLimit', 'status'] as const;

/** The standing of an account that was just opened. */
export const openedWith = (balance: MinorUnits): Standing => ({
  balance,
  held: 0n,
  overdraftLimit: 0n,
  status: 'open',
});

/** An event together with its place in the log. */
export interface RecordedEvent {
  /** Stream sequence. */
  readonly sequence: number;
  readonly event: AccountEvent;
}
