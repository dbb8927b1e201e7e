import type { RecordedEvent } from '../account/events.ts';
import { IntegrityError } from '../account/errors.ts';
import { UndecodablePayloadError } from './avro/single-object.ts';
import { decodeEvent } from './event-codec.ts';
import { accountIdIn, subjectOf } from './subjects.ts';

/** A message of the log as it was found: with its event, or with the reason why it has none. */
export type LogEntry = ReadableEntry | UnreadableEntry;

export interface ReadableEntry extends RecordedEvent {
  readonly accountId: string;
  /** Only where the message was stored, and read, with the headers of one. */
  readonly batch?: BatchPart;
}

export interface UnreadableEntry {
  readonly sequence: number;
  readonly accountId: string;
  readonly error: Error;
  readonly batch?: BatchPart;
}

/** The atomic batch that a message came with (ADR-50 of NATS). */
export interface BatchPart {
  readonly id: string;
  /** Whether the message is the last of the batch. */
  readonly commits: boolean;
}

export interface LogMessage {
  readonly seq: number;
  readonly subject: string;
  readonly data: Uint8Array;
  /** Answers '' for a header that is not there. */
  readonly header?: { get(name: string): string };
}

/** Never throws: who reads on past a broken message must know that it was there. */
export function entryOf({ seq, subject, data, header }: LogMessage): LogEntry {
  const accountId = accountIdIn(subject);
  const batchId = header?.get('Nats-Batch-Id') ?? '';
  const commits = batchId !== '' && header?.get('Nats-Batch-Commit') !== '';
  const batch = batchId === '' ? {} : { batch: { id: batchId, commits } };
  try {
    const event = decodeEvent(data);
    // What stands elsewhere is of no account: who looks for it by its id would not find it.
    if (event.accountId === accountId && subject === subjectOf(accountId)) {
      return { sequence: seq, accountId, event, ...batch };
    }
    const error = new IntegrityError(`an event of ${event.accountId} stands on ${subject}`);
    return { sequence: seq, accountId, error, ...batch };
  } catch (error) {
    return { sequence: seq, accountId, error: asError(error), ...batch };
  }
}

/** The events of the entries. @throws the error of the first entry that has none. */
export async function* eventsIn(entries: AsyncIterable<LogEntry>): AsyncGenerator<RecordedEvent> {
  for await (const entry of entries) {
    if ('error' in entry) throw entry.error;
    yield { sequence: entry.sequence, event: entry.event };
  }
}

/** Whether what the log holds is at fault, and not the way to it: to read again does not help. */
export const isUnreadable = (error: unknown): boolean =>
  error instanceof UndecodablePayloadError || error instanceof IntegrityError;

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
