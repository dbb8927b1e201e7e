import type { MinorUnits } from './money.ts';

/** What happened to an account. The log stores these and nothing else. */
export type AccountFact = AccountCreated | MoneyDeposited | MoneyWithdrawn | CommandRejected;

export interface AccountCreated {
  readonly type: 'AccountCreated';
  readonly ownerName: string;
  /** ISO 4217 code; an account keeps its currency for ever. */
  readonly currency: string;
  /** Minor units, 0 or more. */
  readonly initialBalance: MinorUnits;
}

/**
 * `balance` is the account's balance after the event. It follows from the events before; it is
 * stored so that one event alone makes a statement line, and so that every fold proves itself
 * against the log.
 */
export interface MoneyDeposited {
  readonly type: 'MoneyDeposited';
  readonly amount: MinorUnits;
  readonly currency: string;
  readonly balance: MinorUnits;
  /** What the client says it was for; null where it said nothing. */
  readonly reference: string | null;
}

export interface MoneyWithdrawn {
  readonly type: 'MoneyWithdrawn';
  readonly amount: MinorUnits;
  readonly currency: string;
  readonly balance: MinorUnits;
  readonly reference: string | null;
}

/** A keyed command was refused for the account's state. Nothing changes; its retry stays refused. */
export interface CommandRejected extends Rejection {
  readonly type: 'CommandRejected';
  readonly currency: string;
  readonly balance: MinorUnits;
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
  /** The idempotency key where the client sent one, else an id of this request's own. */
  readonly commandId: string;
  /** Hash of the keyed request; null where the client sent no key. */
  readonly commandHash: string | null;
}

export type AccountEvent = AccountFact & EventBase;

/** The account's balance after the event, as the event states it. */
export function balanceAfter(event: AccountEvent): MinorUnits {
  return event.type === 'AccountCreated' ? event.initialBalance : event.balance;
}

/** An event together with its place in the log. */
export interface RecordedEvent {
  /** Stream sequence. */
  readonly sequence: number;
  readonly event: AccountEvent;
}
