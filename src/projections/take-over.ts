import type { Consumer, ConsumerInfo } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import { acknowledgeDelivered, isPinned } from './acknowledge-delivered.ts';
import { createApplier } from './applier.ts';
import type { Applier, ApplierOptions } from './applier.ts';
import { expectInLog } from './log-set-back.ts';
import type { ProjectedDocument } from './projection.ts';

export interface TakeOverOptions<D extends ProjectedDocument> extends ApplierOptions<D> {
  readonly nc: NatsConnection;
}

/** How long a worker that stops reads what was on its way to it, in milliseconds. */
const LAST_READ_MS = 3_000;

/**
 * Whoever had the events in hand may be gone: they are read from the stream and, once nobody is pinned
 * any more, acknowledged in his place. One that lives is not sent more than he can bear.
 */
export async function catchUpDelivered<D extends ProjectedDocument>(
  { nc }: TakeOverOptions<D>,
  applier: Applier,
  info: ConsumerInfo,
): Promise<void> {
  await applier.catchUp(info.delivered.stream_seq);
  await applier.written();
  if (!isPinned(info)) acknowledgeDelivered(nc, info);
}

/**
 * Events that the server sent while this worker stopped are delivered to nobody else for long: whoever
 * goes on would stand still until it looks. So they are read from the stream before it ends.
 */
export async function takeWhatWasOnItsWay<D extends ProjectedDocument>(
  options: TakeOverOptions<D>,
  consumer: Consumer,
): Promise<void> {
  const [checkpoint, info] = await Promise.all([options.checkpoints.read(), consumer.info()]);
  if (checkpoint === undefined || info.delivered.stream_seq <= checkpoint.sequence) return;
  // The worker's own signal is aborted by now.
  const signal = AbortSignal.timeout(LAST_READ_MS);
  const applier = createApplier({ ...options, signal }, checkpoint.sequence, () => undefined);
  await applier.catchUp(info.delivered.stream_seq);
  await applier.written();
  acknowledgeDelivered(options.nc, info);
}

/**
 * The worker that had the events may have died with them in its hands: they are delivered again only
 * much later, and perhaps nothing else comes. So where events were delivered and the checkpoint has
 * not moved since the last look, they are read from the stream. Answers the checkpoint.
 */
export async function takeOver<D extends ProjectedDocument>(
  options: TakeOverOptions<D>,
  applier: Applier,
  consumer: Consumer,
  seenBefore: number,
): Promise<number> {
  const { checkpoints, events, group, observer } = options;
  await applier.written();
  const found = await checkpoints.read();
  const checkpoint = found?.sequence ?? seenBefore;
  await expectInLog(events, group, checkpoint);
  const info = await consumer.info();
  const { delivered, num_pending: undelivered } = info;
  const unapplied = delivered.stream_seq > checkpoint ? 1 : 0;
  observer.pending(undelivered + unapplied, found);
  if (checkpoint !== seenBefore) return checkpoint;
  await catchUpDelivered(options, applier, info);
  return Math.max(checkpoint, delivered.stream_seq);
}
