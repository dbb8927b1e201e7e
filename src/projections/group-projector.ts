import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { STREAM, TRACE_HEADER } from '../event-store/jetstream/names.ts';
import { entryOf } from '../event-store/log-entry.ts';
import { createApplier, MAX_BATCH, READ_MODEL_DELETED } from './applier.ts';
import type { DeliveredEntry } from './applier.ts';
import { batchQueue } from './batch-queue.ts';
import { deliveryOrder } from './delivery-order.ts';
import type { Delivery } from './delivery-order.ts';
import { PRIORITY_GROUP, provisionGroupConsumer } from './durable-consumer.ts';
import { withTimeout } from '../platform/timeout.ts';
import { eventsBehind } from './events-behind.ts';
import { expectInLog } from './log-set-back.ts';
import { followPin, giveUpPin } from './pin.ts';
import type { ProjectedDocument } from './projection.ts';
import { catchUpDelivered, takeOver, takeWhatWasOnItsWay } from './take-over.ts';
import type { TakeOverOptions } from './take-over.ts';
import { watchCheckpoint } from './watch-checkpoint.ts';

export interface GroupProjectorOptions<D extends ProjectedDocument> extends TakeOverOptions<D> {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** Whether a missing consumer is made. */
  readonly provision: boolean;
}

/** Messages on their way to this process, at most. */
const PREFETCH = 4_000;
/** At most half of the consumer's priority_timeout, or the pin is lost between two pulls. */
const PULL_EXPIRES_MS = 2_000;
/** How often a worker without events looks whether it must take over, in milliseconds. */
const LOOK_EVERY_MS = 2_000;
/** How long a worker that broke off waits to hear how many events it is behind, in milliseconds. */
const PENDING_TIMEOUT_MS = 1_000;
/** Waits after a failure, from the first to the last, in milliseconds. */
const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 5_000;

const PIN_HEADER = 'Nats-Pin-Id';

/**
 * Projects a group of shards until the signal is aborted; after any failure it begins again from the
 * checkpoint.
 */
export async function runGroupProjector<D extends ProjectedDocument>(
  options: GroupProjectorOptions<D>,
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
      await tellPending(options);
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, LAST_WAIT_MS);
    }
  }
}

/** One life of the projector: from the checkpoint until it is stopped or something fails. */
async function project<D extends ProjectedDocument>(
  options: GroupProjectorOptions<D>,
  onProgress: () => void,
): Promise<void> {
  const { group, store, checkpoints, events, js, jsm, position, provision, observer, signal } =
    options;
  await store.open();
  const opened = await checkpoints.open();
  const { sequence: checkpoint } = opened;
  await expectInLog(events, group, checkpoint);
  const info = await provisionGroupConsumer(jsm, group, provision, checkpoint);
  position.reset(checkpoint);
  observer.started(opened);
  const applier = createApplier(options, checkpoint, onProgress);
  // What was delivered before may never have been written, and is delivered again much later.
  await catchUpDelivered(options, applier, info);
  const order = deliveryOrder();

  const queue = batchQueue<DeliveredEntry, JsMsg>(MAX_BATCH);
  const consumer = await js.consumers.get(STREAM, group.id);
  const messages = await consumer.consume({
    max_messages: PREFETCH,
    expires: PULL_EXPIRES_MS,
    group: PRIORITY_GROUP,
    callback(message) {
      // Decoded as it comes: while it waits, the message with all its headers would be the larger.
      const follows = order.follows(deliveryOf(message));
      const traceparent = observer.delivered && message.headers?.get(TRACE_HEADER);
      if (traceparent) observer.delivered(message.seq, traceparent);
      queue.push({ entry: entryOf(message), follows }, message);
    },
  });
  let ending = 'stopped';
  function end(why: string): void {
    ending = why;
    messages.stop();
  }
  const stop = () => messages.stop();
  signal.addEventListener('abort', stop, { once: true });
  // It may have been stopped while all this was made ready, and would not hear of it any more.
  if (signal.aborted) stop();
  const pin = followPin(messages, end);
  const looking = setInterval(() => queue.wake(), LOOK_EVERY_MS);
  let seen = checkpoint;
  const unwatch = watchCheckpoint(checkpoints, position, () => end(READ_MODEL_DELETED));
  void messages.closed().then(() => queue.end());
  try {
    for await (const { items, last } of queue.batches()) {
      if (last === undefined) {
        seen = await takeOver(options, applier, consumer, seen);
        continue;
      }
      // The acknowledgement is for all before it too. If it is lost, MongoDB has them all the same.
      await applier.apply(items, last.info.pending, () => last.ack());
    }
    await applier.written();
    if (!signal.aborted) throw new Error(`projecting ended: ${ending}`);
    if (pin.held()) await takeWhatWasOnItsWay(options, consumer);
  } finally {
    signal.removeEventListener('abort', stop);
    clearInterval(looking);
    unwatch();
    messages.stop();
    if (pin.held()) await giveUpPin(jsm, group);
  }
}

/** No one else tells while this one cannot work. */
async function tellPending<D extends ProjectedDocument>(
  options: GroupProjectorOptions<D>,
): Promise<void> {
  try {
    const { events, checkpoint } = await withTimeout(eventsBehind(options), PENDING_TIMEOUT_MS);
    options.observer.pending(events, checkpoint);
  } catch {
    // Nobody knows then.
  }
}

const deliveryOf = ({ info, headers }: JsMsg): Delivery => ({
  deliverySequence: info.deliverySequence,
  deliveryCount: info.deliveryCount,
  pin: headers?.get(PIN_HEADER) ?? '',
});
