import type { JetStreamClient } from '@nats-io/jetstream';
import { entryOf } from '../log-entry.ts';
import type { LogEntry } from '../log-entry.ts';
import { subjectOf } from '../subjects.ts';
import { STREAM } from './names.ts';

/** The server removes the consumer of a reader that is gone after so long, in nanoseconds. */
const INACTIVE_NS = 30_000_000_000;

export interface AccountEntriesOptions {
  /** Goes on with what is appended, until the signal is aborted; else up to what the log holds. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The account's messages in order, those that cannot be read too. It is read by an ordered consumer,
 * which needs the permission to make one, and takes up by itself what an outage has broken off.
 */
export async function* accountEntries(
  js: JetStreamClient,
  accountId: string,
  { follow = false, signal }: AccountEntriesOptions = {},
): AsyncGenerator<LogEntry> {
  const consumer = await js.consumers.get(STREAM, {
    filter_subjects: subjectOf(accountId),
    inactive_threshold: INACTIVE_NS,
  });
  if (!follow && (await consumer.info()).num_pending === 0) return;
  const messages = await consumer.consume();
  const stop = () => messages.stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    if (signal?.aborted === true) return;
    for await (const message of messages) {
      yield entryOf(message);
      if (!follow && message.info.pending === 0) return;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    await messages.close();
    await consumer.delete();
  }
}
