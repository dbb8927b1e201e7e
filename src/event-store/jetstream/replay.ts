import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { entryOf } from '../log-entry.ts';
import type { LogEntry } from '../log-entry.ts';
import { directBatch } from './direct-batch.ts';
import { STREAM } from './names.ts';

/** A replica that lags may lack the newest messages for a moment: waits between tries, and how many. */
const LAG_WAIT_MS = 50;
const LAG_TRIES = 100;

/** As {@link readMessages}, with their events. */
export async function* readEntries(
  jsm: JetStreamManager,
  afterSequence: number,
  untilSequence?: number,
): AsyncGenerator<LogEntry> {
  for await (const message of readMessages(jsm, afterSequence, untilSequence)) {
    yield entryOf(message);
  }
}

/**
 * Every message after a stream sequence, in order, up to another one or to the last that the stream
 * held at the call. Reads with direct gets, so it needs no consumer, and no permission to make one.
 * @throws Error when the end cannot be reached.
 */
export async function* readMessages(
  jsm: JetStreamManager,
  afterSequence: number,
  untilSequence?: number,
): AsyncGenerator<StoredMsg> {
  const { state } = await jsm.streams.info(STREAM);
  const end = Math.min(untilSequence ?? state.last_seq, state.last_seq);
  let position = afterSequence;
  for (let tries = 0; position < end;) {
    const messages = await directBatch(jsm, { from: position + 1, to: end });
    yield* messages;
    position = messages.at(-1)?.seq ?? position;
    if (messages.length > 0) {
      tries = 0;
    } else if (tries < LAG_TRIES) {
      tries += 1;
      await sleep(LAG_WAIT_MS);
    } else {
      throw new Error(`the stream ends at ${position} instead of ${end}: a replica lags behind`);
    }
  }
}
