import { readFileSync } from 'node:fs';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';
import { STREAM } from '../event-store/jetstream/names.ts';
import { buildId } from './build.ts';
import type { Group } from './build.ts';

/** The priority group of the projection's consumers: whoever holds the pin gets the messages. */
export const PRIORITY_GROUP = 'projector';

const CONSUMER_NOT_FOUND = 10014;

/**
 * The group's durable consumer: as `streams/consumers/<projection>-v1.json` describes the one of the
 * first build. `fromSequence` is the first stream sequence that it delivers, default the first of all.
 */
export function desiredConsumer(group: Group, fromSequence = 1): Partial<ConsumerConfig> {
  const { id, build, subjects } = group;
  const template = buildId({ projection: build.projection, number: 1 });
  const file = new URL(`../../streams/consumers/${template}.json`, import.meta.url);
  const config = JSON.parse(readFileSync(file, 'utf8')) as Partial<ConsumerConfig>;
  const begin =
    fromSequence > 1 ? { deliver_policy: START_SEQUENCE, opt_start_seq: fromSequence } : {};
  if (id === template) return { ...config, ...begin };
  const description = `Projects the ledger into the read model ${id}.`;
  const filter_subjects = [...subjects];
  return { ...config, name: id, durable_name: id, description, filter_subjects, ...begin };
}

const START_SEQUENCE = 'by_start_sequence' as NonNullable<ConsumerConfig['deliver_policy']>;

/** The group's durable consumer; undefined where there is none. */
export async function findConsumer(
  jsm: JetStreamManager,
  group: Group,
): Promise<ConsumerInfo | undefined> {
  try {
    return await jsm.consumers.info(STREAM, group.id);
  } catch (error) {
    const missing = error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND;
    if (missing) return undefined;
    throw error;
  }
}

/**
 * The group's durable consumer, made if it is missing and may be made, for the events after
 * `checkpoint`.
 * @throws Error saying what to do, when it is missing and may not.
 */
export async function provisionConsumer(
  jsm: JetStreamManager,
  group: Group,
  create: boolean,
  checkpoint: number,
): Promise<ConsumerInfo> {
  const found = await findConsumer(jsm, group);
  if (found !== undefined) return found;
  if (create) return jsm.consumers.add(STREAM, desiredConsumer(group, checkpoint + 1));
  throw new Error(
    `the consumer ${group.id} of ${STREAM} does not exist: make it with "jetbank streams apply" ` +
      'or let the service do it with JETBANK_PROVISION=true',
  );
}
