import type { PendingEvent } from './event-store.ts';

/**
 * No append is planned larger, in bytes of all its messages. The server holds a batch until its last
 * message has come, and up to 50 of them a stream: this bounds what they may take there to 50 MiB.
 */
export const MAX_APPEND_BYTES = 1024 * 1024;

/** No append is planned with more events; the server takes up to 1,000 in a batch. */
export const MAX_APPEND_EVENTS = 500;

/** What every event takes beside its texts: numbers, framing, and the names of its headers. */
const FIXED_BYTES = 1024;

/**
 * An upper bound of the event's message, payload and headers, in bytes: without encoding it, as that
 * is done when it is appended. Only the texts of clients are of any length; the command id stands in
 * the message id too.
 */
export function messageSizeBound({ event, traceparent = '' }: PendingEvent): number {
  let bytes = FIXED_BYTES + Buffer.byteLength(event.commandId) + Buffer.byteLength(traceparent);
  for (const value of Object.values(event)) {
    if (typeof value === 'string') bytes += Buffer.byteLength(value);
  }
  return bytes;
}
