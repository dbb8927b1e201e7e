import { headers } from 'nats';
import type { MsgHdrs } from 'nats';
import type { PendingEvent } from '../event-store.ts';
import { messageId } from '../message-id.ts';
import { TRACE_HEADER } from './names.ts';

/**
 * The headers of an event's message: CloudEvents 1.0 in binary mode, and the message id by which
 * JetStream recognises a repeated command. `index` is the event's place among those of its command.
 */
export function eventHeaders({ event, traceparent }: PendingEvent, index: number): MsgHdrs {
  const result = headers();
  result.set('ce-specversion', '1.0');
  result.set('ce-id', event.eventId);
  result.set('ce-type', `bank.account.${event.type}`);
  result.set('ce-source', '/jetbank/account-cmd');
  result.set('ce-subject', event.accountId);
  result.set('ce-time', new Date(event.occurredAt).toISOString());
  result.set('content-type', 'application/avro');
  result.set('Nats-Msg-Id', messageId(event, index));
  if (traceparent !== undefined) result.set(TRACE_HEADER, traceparent);
  return result;
}
