import { setTimeout as sleep } from 'node:timers/promises';
import type {
  ConsumerMessages,
  JetStreamClient,
  JetStreamManager,
  JsMsg,
} from '@nats-io/jetstream';
import { LRUCache } from 'lru-cache';
import type { RecordedEvent } from '../account/events.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { STREAM } from '../event-store/jetstream/names.ts';
import { recordedOf } from '../event-store/jetstream/read.ts';
import { batchQueue } from './batch-queue.ts';
import { PRIORITY_GROUP, provisionConsumer } from './durable-consumer.ts';
import { foldBatch } from './fold-batch.ts';
import type { ReadGap } from './fold-batch.ts';
import type { ProjectionPosition } from './position.ts';
import type { ProjectedDocument, Projection } from './projection.ts';
import { checkpointId } from './read-model-store.ts';
import type { ReadModelStore } from './read-model-store.ts';

export interface ProjectorOptions<D extends ProjectedDocument> {
  readonly projection: Projection<D>;
  readonly store: ReadModelStore<D>;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly events: EventStore;
  readonly position: ProjectionPosition;
  /** Whether a missing consumer is made. */
  readonly provision: boolean;
  readonly observer: ProjectorObserver;
  readonly signal: AbortSignal;
}

/** What a projector tells about its work, for metrics and logs. */
export interface ProjectorObserver {
  /** It starts from this stream sequence. */
  readonly started: (checkpoint: number) => void;
  /** The consumer stands further than MongoDB: events from here on are read from the stream. */
  readonly healing: (from: number, to: number) => void;
  readonly wrote: (batch: BatchReport) => void;
  /** The work broke off and begins again from the checkpoint after a wait. */
  readonly failed: (error: unknown, waitMs: number) => void;
}

export interface BatchReport {
  readonly events: number;
  /** Events that were applied already. */
  readonly repeated: number;
  /** Stream sequence of the last event. */
  readonly sequence: number;
  /** Events that the consumer still has to deliver. */
  readonly pending: number;
}

/** Events folded and written at once, at most. */
const MAX_BATCH = 1_000;
/** Messages on their way to this process, at most. */
const PREFETCH = 4_000;
/** At most half of the consumer's priority_timeout, or the pin is lost between two pulls. */
const PULL_EXPIRES_MS = 2_000;
/** Documents kept in memory, so that a batch need not read what it is about to replace. */
const CACHED_DOCUMENTS = 20_000;
/** How often an idle projector looks whether its read model still stands, in milliseconds. */
const CHECK_EVERY_MS = 2_000;
const READ_MODEL_DELETED = 'the read model was deleted under the projector: building it again';
/** Waits after a failure, from the first to the last, in milliseconds. */
const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 5_000;

/** Projects until the signal is aborted; after any failure it begins again from the checkpoint. */
export async function runProjector<D extends ProjectedDocument>(
  options: ProjectorOptions<D>,
): Promise<void> {
  const { signal, observer } = options;
  const stopped = () => signal.aborted;
  let waitMs = FIRST_WAIT_MS;
  while (!stopped()) {
    try {
      await project(options, () => {
        waitMs = FIRST_WAIT_MS;
      });
    } catch (error) {
      if (stopped()) return;
      observer.failed(error, waitMs);
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, LAST_WAIT_MS);
    }
  }
}

/** One life of the projector: from the checkpoint until it is stopped or something fails. */
async function project<D extends ProjectedDocument>(
  options: ProjectorOptions<D>,
  onProgress: () => void,
): Promise<void> {
  const { projection, store, js, jsm, events, position, provision, observer, signal } = options;
  const consumerName = checkpointId(projection);
  const cache = new LRUCache<string, D>({ max: CACHED_DOCUMENTS });
  const checkpoint = await store.open();
  const consumerInfo = await provisionConsumer(jsm, consumerName, provision);
  position.reset(checkpoint);
  observer.started(checkpoint);

  const readGap: ReadGap = (after, until) =>
    events.tail({ ...until, previousSequence: until.sequence - 1 }, after, 'leader');

  async function write(batch: readonly RecordedEvent[], pending: number): Promise<void> {
    const last = batch.at(-1);
    if (last === undefined) return;
    await readIntoCache(cache, store, batch);
    const folded = await foldBatch(projection, (id) => cache.get(id), batch, readGap);
    await store.write([...folded.changed.values()], folded.lines);
    if (!(await store.moveCheckpoint(last.sequence))) {
      throw new Error(READ_MODEL_DELETED);
    }
    for (const [accountId, document] of folded.changed) cache.set(accountId, document);
    position.advance(last.sequence);
    const { repeated } = folded;
    observer.wrote({ events: batch.length, repeated, sequence: last.sequence, pending });
    onProgress();
  }

  // What the consumer has seen acknowledged it will not deliver again; MongoDB decides what is missing.
  const acknowledged = consumerInfo.ack_floor.stream_seq;
  if (acknowledged > checkpoint) {
    observer.healing(checkpoint + 1, acknowledged);
    for await (const batch of inBatches(events.replay(checkpoint))) {
      signal.throwIfAborted();
      await write(batch, 0);
    }
  }

  const queue = batchQueue<JsMsg>(MAX_BATCH);
  const consumer = await js.consumers.get(STREAM, consumerName);
  const messages = await consumer.consume({
    max_messages: PREFETCH,
    expires: PULL_EXPIRES_MS,
    group: PRIORITY_GROUP,
    callback: (message) => queue.push(message),
  });
  const stop = () => messages.stop();
  signal.addEventListener('abort', stop, { once: true });
  const gone = stopWhenConsumerIsGone(messages);
  const watch = setInterval(() => void gone.unlessStanding(store), CHECK_EVERY_MS);
  void messages.closed().then(() => queue.end());
  try {
    for await (const batch of queue.batches()) {
      const last = batch.at(-1);
      await write(batch.map(recordedOf), last?.info.pending ?? 0);
      // Acknowledges all before it too; MongoDB has them, so a lost acknowledgement costs nothing.
      last?.ack();
    }
    if (!signal.aborted) throw new Error(`projecting ended: ${gone.reason()}`);
  } finally {
    clearInterval(watch);
    signal.removeEventListener('abort', stop);
    messages.stop();
  }
}

async function readIntoCache<D extends ProjectedDocument>(
  cache: LRUCache<string, D>,
  store: ReadModelStore<D>,
  batch: readonly RecordedEvent[],
): Promise<void> {
  const unread = new Set<string>();
  for (const { event } of batch) {
    // A new account is in nobody's way; a repeat of its creation is caught by the guard.
    if (event.version > 1 && !cache.has(event.accountId)) unread.add(event.accountId);
  }
  if (unread.size === 0) return;
  for (const document of await store.documents([...unread])) cache.set(document._id, document);
}

async function* inBatches(events: AsyncIterable<RecordedEvent>): AsyncGenerator<RecordedEvent[]> {
  let batch: RecordedEvent[] = [];
  for await (const event of events) {
    batch.push(event);
    if (batch.length < MAX_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

interface Ending {
  readonly reason: () => string;
  /** Ends the consuming when the read model was deleted. */
  unlessStanding(store: { stands(): Promise<boolean> }): Promise<void>;
}

/** The client would wait for ever for a consumer that was deleted; here it is made again. */
function stopWhenConsumerIsGone(messages: ConsumerMessages): Ending {
  let reason = 'stopped';
  function stop(why: string): void {
    reason = why;
    messages.stop();
  }
  void (async () => {
    for await (const { type } of messages.status()) {
      const gone = ['consumer_deleted', 'consumer_not_found', 'stream_not_found'].includes(type);
      if (gone) stop(`the consumer is gone (${type})`);
    }
  })();
  return {
    reason: () => reason,
    async unlessStanding(store) {
      // Where MongoDB does not answer, nothing is known; the next write will tell.
      const stands = await store.stands().catch(() => true);
      if (!stands) stop(READ_MODEL_DELETED);
    },
  };
}
