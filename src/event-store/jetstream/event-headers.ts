import { headers } from 'nats';
import type { MsgHdrs } from 'nats';
import type { PendingEvent } from '../event-store.ts';

/**
 * The headers of an event's message: CloudEvents 1.0 in binary mode, and the message id by which
 * JetStream recognises a repeat within its duplicate window (an optimisation, never relied upon).
 */
export function eventHeaders({ event, traceparent }: PendingEvent): MsgHdrs {
  const result = headers();
  result.set('ce-specversion', '1.0');
  result.set('ce-id', event.eventId);
  result.set('ce-type', `bank.account.${event.type}`);
  result.set('ce-source', '/jetbank/account-cmd');
  result.set('ce-subject', event.accountId);
  result.set('ce-time', new Date(event.occurredAt).toISOString());
  result.set('content-type', 'application/avro');
  result.set('Nats-Msg-Id', messageId(event));
  if (traceparent !== undefined) result.set('traceparent', traceparent);
  return result;
}

/**
 * Names the account too: the same key on another account is another command. Names the version
 * since a command may leave several events.
 */
const messageId = (event: PendingEvent['event']) =>
  `${event.accountId}:${event.version}:${event.commandId}`;
