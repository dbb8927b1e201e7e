import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import { STREAM } from '../../src/event-store/jetstream/names.ts';

/**
 * The stream sequences up to `lastSequence` at which an append ends: those of single events, and of
 * the last event of each atomic batch, as the headers say that nats-server stored with them.
 */
export async function batchEnds(
  nc: NatsConnection,
  lastSequence: number,
): Promise<ReadonlySet<number>> {
  const ends = new Set<number>();
  if (lastSequence === 0) return ends;
  const consumer = await jetstream(nc).consumers.get(STREAM, { headers_only: true });
  const messages = await consumer.consume();
  for await (const { seq, headers } of messages) {
    const inBatch = headers?.get('Nats-Batch-Id') !== '';
    if (!inBatch || headers?.get('Nats-Batch-Commit') === '1') ends.add(seq);
    if (seq >= lastSequence) break;
  }
  return ends;
}
