import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';
import { describedConsumer, provisionConsumer } from './consumers.ts';
import { TIMER_CONSUMER, TIMER_STREAM } from './names.ts';

/**
 * The durable consumer that all command services share for the timers that have fired; made if it is
 * missing and may be made.
 * @throws Error saying what to do, when it is missing and may not.
 */
export function provisionTimerConsumer(
  jsm: JetStreamManager,
  create: boolean,
): Promise<ConsumerInfo> {
  const config = () => describedConsumer(TIMER_CONSUMER);
  return provisionConsumer(jsm, { stream: TIMER_STREAM, name: TIMER_CONSUMER, config }, create);
}
