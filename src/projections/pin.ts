import type { ConsumerMessages, JetStreamManager } from '@nats-io/jetstream';
import { STREAM } from '../event-store/jetstream/names.ts';
import { withTimeout } from '../platform/timeout.ts';
import type { Group } from './build.ts';
import { PRIORITY_GROUP } from './durable-consumer.ts';

/** How long a worker that stops waits for the server to take its pin back, in milliseconds. */
const UNPIN_TIMEOUT_MS = 1_000;

/**
 * Whether this worker is the one that gets the messages. The client would wait for ever for a consumer
 * that was deleted: `end` is called then, so that it is made again.
 */
export function followPin(messages: ConsumerMessages, end: (why: string) => void) {
  let held = false;
  void (async () => {
    for await (const { type } of messages.status()) {
      if (type === 'consumer_pinned') held = true;
      if (type === 'consumer_unpinned') held = false;
      const gone = ['consumer_deleted', 'consumer_not_found', 'stream_not_found'].includes(type);
      if (gone) end(`the consumer is gone (${type})`);
    }
  })();
  return { held: () => held };
}

/**
 * Whoever goes on gets the next message at once, not after the consumer's priority_timeout: another
 * replica, or this process itself after a pause. Without the permission that time passes.
 */
export async function giveUpPin(jsm: JetStreamManager, group: Group): Promise<void> {
  const unpinned = jsm.consumers.unpin(STREAM, group.id, PRIORITY_GROUP);
  await withTimeout(unpinned, UNPIN_TIMEOUT_MS).catch(() => undefined);
}
