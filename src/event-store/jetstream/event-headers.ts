import { headers } from 'nats';
import type { MsgHdrs } from 'nats';
import type { PendingEvent } from '../event-store.ts';
import { TRACE_HEADER } from './names.ts';

/**
 * The headers of an event's message: CloudEvents 1.0 in binary mode, and the message id by which
 * JetStream recognises a repeated command within its duplicate window. `index` is the event's place
 * among those of its command, from 0.
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

/**
 * Names the account too: the same key on another account is another command. The later events of one
 * command are numbered; its first one is enough to recognise it by.
 */
const messageId = ({ accountId, commandId }: PendingEvent['event'], index: number) =>
  index === 0 ? `${accountId}:${commandId}` : `${accountId}:${commandId}:${index}`;
