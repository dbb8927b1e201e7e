import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { RecordedEvent } from '../../account/events.ts';
import { STREAM } from './names.ts';
import { recordedOf } from './read.ts';

/**
 * Every event after the stream sequence, in order, up to the last one that the stream held at the
 * call. An ordered consumer reads: it leaves nothing behind and starts again by itself after a gap.
 */
export async function* replayStream(
  js: JetStreamClient,
  jsm: JetStreamManager,
  afterSequence: number,
): AsyncGenerator<RecordedEvent> {
  const { state } = await jsm.streams.info(STREAM);
  if (state.last_seq <= afterSequence) return;
  const consumer = await js.consumers.get(STREAM, { opt_start_seq: afterSequence + 1 });
  const messages = await consumer.consume({ max_messages: 5000 });
  try {
    for await (const message of messages) {
      yield recordedOf(message);
      if (message.seq >= state.last_seq) return;
    }
  } finally {
    await messages.close();
  }
}
