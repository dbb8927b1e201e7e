import { readFileSync } from 'node:fs';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';
import { STREAM } from '../event-store/jetstream/names.ts';

/** The priority group of the projection's consumer: whoever holds the pin gets the messages. */
export const PRIORITY_GROUP = 'projector';

const CONSUMER_NOT_FOUND = 10014;

/** The durable consumer as `streams/consumers/<name>.json` describes it. */
function desiredConsumer(name: string): Partial<ConsumerConfig> {
  const file = new URL(`../../streams/consumers/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Partial<ConsumerConfig>;
}

/**
 * The projection's durable consumer, made if it is missing and may be made.
 * @throws Error saying what to do, when it is missing and may not.
 */
export async function provisionConsumer(
  jsm: JetStreamManager,
  name: string,
  create: boolean,
): Promise<ConsumerInfo> {
  try {
    return await jsm.consumers.info(STREAM, name);
  } catch (error) {
    const missing = error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND;
    if (!missing) throw error;
  }
  if (create) return jsm.consumers.add(STREAM, desiredConsumer(name));
  throw new Error(
    `the consumer ${name} of ${STREAM} does not exist: make it with "jetbank streams apply" ` +
      'or let the service do it with JETBANK_PROVISION=true',
  );
}
