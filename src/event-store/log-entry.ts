import type { RecordedEvent } from '../account/events.ts';
import { IntegrityError } from '../account/errors.ts';
import { decodeEvent } from './event-codec.ts';
import { accountIdIn } from './subjects.ts';

/** A message of the log as it was found: with its event, or with the reason why it has none. */
export type LogEntry = ReadableEntry | UnreadableEntry;

export interface ReadableEntry extends RecordedEvent {
  readonly accountId: string;
}

export interface UnreadableEntry {
  readonly sequence: number;
  readonly accountId: string;
  readonly error: Error;
}

export interface LogMessage {
  readonly seq: number;
  readonly subject: string;
  readonly data: Uint8Array;
}

/** Never throws: who reads on past a broken message must know that it was there. */
export function entryOf({ seq, subject, data }: LogMessage): LogEntry {
  const accountId = accountIdIn(subject);
  try {
    const event = decodeEvent(data);
    if (event.accountId === accountId) return { sequence: seq, accountId, event };
    const error = new IntegrityError(`an event of ${event.accountId} stands on ${subject}`);
    return { sequence: seq, accountId, error };
  } catch (error) {
    return { sequence: seq, accountId, error: asError(error) };
  }
}

/** The events of the entries. @throws the error of the first entry that has none. */
export async function* eventsIn(entries: AsyncIterable<LogEntry>): AsyncGenerator<RecordedEvent> {
  for await (const entry of entries) {
    if ('error' in entry) throw entry.error;
    yield { sequence: entry.sequence, event: entry.event };
  }
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
