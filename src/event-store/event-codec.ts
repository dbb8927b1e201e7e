import { findCurrency } from '../account/currency.ts';
import type { AccountEvent } from '../account/events.ts';
import { UndecodablePayloadError } from './avro/single-object.ts';
import { codec } from './codec.ts';

const eventTypes: ReadonlySet<string> = new Set<AccountEvent['type']>([
  'AccountCreated',
  'MoneyDeposited',
  'MoneyWithdrawn',
  'TransferSent',
  'TransferReceived',
  'HoldPlaced',
  'HoldCaptured',
  'HoldReleased',
  'AccountFrozen',
  'AccountUnfrozen',
  'OverdraftLimitSet',
  'AccountClosed',
  'CommandRejected',
]);

/** The event as a self-describing payload. @throws Error when a field does not fit the schema. */
export function encodeEvent(event: AccountEvent): Buffer {
  return codec.encode(event.type, event);
}

/** The event of a payload, in the newest shape of its type. @throws UndecodablePayloadError */
export function decodeEvent(payload: Uint8Array): AccountEvent {
  const { writer, record } = codec.decode(payload);
  if (!eventTypes.has(writer.name)) {
    throw new UndecodablePayloadError(`${writer.name} is no event of an account`);
  }
  // The schema has checked every field; its record name is the event's type.
  const event = { type: writer.name, ...(record as object) } as AccountEvent;
  if (findCurrency(event.currency) === undefined) {
    // How many decimals its money has is not known: nobody could be shown it.
    const what = `${event.currency} is not an ISO 4217 currency that this release knows`;
    throw new UndecodablePayloadError(what);
  }
  return event;
}
