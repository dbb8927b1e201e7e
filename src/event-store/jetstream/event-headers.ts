import { MsgHdrsImpl } from 'nats';
import type { MsgHdrs } from 'nats';
import type { PendingEvent } from '../event-store.ts';
import { messageId } from '../message-id.ts';
import { TRACE_HEADER } from './names.ts';

/** Each header with its one value, as they are to be sent. */
export type Headers = Record<string, string>;

/**
 * The headers of an event's message: CloudEvents 1.0 in binary mode, and the message id by which
 * JetStream recognises a repeated command. `index` is the event's place among those of its command.
 */
export function eventHeaders({ event, traceparent }: PendingEvent, index: number): Headers {
  return {
    'ce-specversion': '1.0',
    'ce-id': event.eventId,
    'ce-type': `bank.account.${event.type}`,
    'ce-source': '/jetbank/account-cmd',
    'ce-subject': event.accountId,
    'ce-time': new Date(event.occurredAt).toISOString(),
    'content-type': 'application/avro',
    'Nats-Msg-Id': messageId(event, index),
    ...(traceparent !== undefined && { [TRACE_HEADER]: traceparent }),
  };
}

const LINE_END = /[\r\n]/;

/** Headers as they go over the wire: to be sent, and nothing else. */
class SentHeaders extends MsgHdrsImpl {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  override encode(): Uint8Array {
    return this.#bytes;
  }
}

/**
 * For the client, written in one go: it checks and copies each name again and again where one is set
 * after another, and then encodes them into memory of their own.
 * @throws RangeError for a value of more than one line, which would be two headers.
 */
export function messageHeaders(headers: Headers): MsgHdrs {
  let text = 'NATS/1.0\r\n';
  for (const [name, value] of Object.entries(headers)) {
    if (LINE_END.test(value)) throw new RangeError(`${name} must be one line`);
    text += `${name}: ${value}\r\n`;
  }
  return new SentHeaders(Buffer.from(`${text}\r\n`));
}
