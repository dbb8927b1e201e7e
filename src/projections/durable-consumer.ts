import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';
import {
  describedConsumer,
  findConsumer,
  provisionConsumer,
} from '../event-store/jetstream/consumers.ts';
import { STREAM } from '../event-store/jetstream/names.ts';
import { buildId } from './build.ts';
import type { Group } from './build.ts';

/** The priority group of the projection's consumers: whoever holds the pin gets the messages. */
export const PRIORITY_GROUP = 'projector';

/**
 * The group's durable consumer: as `streams/consumers/<projection>-v1.json` describes the one of the
 * first build. `fromSequence` is the first stream sequence that it delivers, default the first of all.
 */
export function desiredConsumer(group: Group, fromSequence = 1): Partial<ConsumerConfig> {
  const { id, build, subjects } = group;
  const template = buildId({ projection: build.projection, number: 1 });
  const config = describedConsumer(template);
  const begin =
    fromSequence > 1 ? { deliver_policy: START_SEQUENCE, opt_start_seq: fromSequence } : {};
  if (id === template) return { ...config, ...begin };
  const description = `Projects the ledger into the read model ${id}.`;
  const filter_subjects = [...subjects];
  return { ...config, name: id, durable_name: id, description, filter_subjects, ...begin };
}

const START_SEQUENCE = 'by_start_sequence' as NonNullable<ConsumerConfig['deliver_policy']>;

/** The group's durable consumer; undefined where there is none. */
export const findGroupConsumer = (
  jsm: JetStreamManager,
  { id }: Group,
): Promise<ConsumerInfo | undefined> => findConsumer(jsm, STREAM, id);

/**
 * The group's durable consumer, made if it is missing and may be made, for the events after
 * `checkpoint`.
 * @throws Error saying what to do, when it is missing and may not.
 */
export function provisionGroupConsumer(
  jsm: JetStreamManager,
  group: Group,
  create: boolean,
  checkpoint: number,
): Promise<ConsumerInfo> {
  const config = () => desiredConsumer(group, checkpoint + 1);
  return provisionConsumer(jsm, { stream: STREAM, name: group.id, config }, create);
}
