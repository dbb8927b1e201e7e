import { readFileSync } from 'node:fs';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';
import { TIMER_CONSUMER, TIMER_STREAM } from './names.ts';

const CONSUMER_NOT_FOUND = 10014;

/**
 * The durable consumer that all command services share for the timers that have fired, as
 * `streams/consumers/hold-expiry.json` describes it; made if it is missing and may be made.
 * @throws Error saying what to do, when it is missing and may not.
 */
export async function provisionTimerConsumer(
  jsm: JetStreamManager,
  create: boolean,
): Promise<ConsumerInfo> {
  try {
    return await jsm.consumers.info(TIMER_STREAM, TIMER_CONSUMER);
  } catch (error) {
    const missing = error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND;
    if (!missing) throw error;
  }
  if (create) return jsm.consumers.add(TIMER_STREAM, desiredConsumer());
  throw new Error(
    `the consumer ${TIMER_CONSUMER} of ${TIMER_STREAM} does not exist: make it with ` +
      '"jetbank streams apply" or let the service do it with JETBANK_PROVISION=true',
  );
}

function desiredConsumer(): Partial<ConsumerConfig> {
  const file = new URL(`../../../streams/consumers/${TIMER_CONSUMER}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Partial<ConsumerConfig>;
}
