import type { JetStreamManager } from '@nats-io/jetstream';
import type { EventReader } from '../event-store/event-store.ts';
import type { Group } from './build.ts';
import type { Checkpoint, CheckpointStore } from './checkpoint.ts';
import { findGroupConsumer } from './durable-consumer.ts';
import { nextOfGroup } from './next-of-group.ts';

export interface BehindOptions {
  readonly jsm: JetStreamManager;
  readonly group: Group;
  readonly checkpoints: CheckpointStore;
  readonly events: EventReader;
}

/** How many events of the group are not in the read models; 1 where there are some, and nobody counts them. */
export interface Behind {
  readonly events: number;
  readonly checkpoint?: Checkpoint | undefined;
}

/**
 * For a group that nobody works on. Where MongoDB is what fails, the server of the log still knows what
 * waits; where the consumer is gone, the log and the checkpoint tell.
 */
export async function eventsBehind(options: BehindOptions): Promise<Behind> {
  const { jsm, group, checkpoints, events } = options;
  const info = await findGroupConsumer(jsm, group);
  if (info !== undefined) return { events: info.num_pending + info.num_ack_pending };
  const checkpoint = await checkpoints.read();
  const next = await nextOfGroup(events, group, checkpoint?.sequence ?? 0);
  return { events: next === undefined ? 0 : 1, checkpoint };
}
