import type { Consumer, JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { HoldTimers } from '../event-store/hold-timers.ts';
import { TIMER_CONSUMER, TIMER_STREAM } from '../event-store/jetstream/names.ts';
import { provisionTimerConsumer } from '../event-store/jetstream/timer-consumer.ts';
import type { Logger } from '../platform/logger.ts';
import { retryForever } from '../platform/retry.ts';
import type { CommandService } from './command-service.ts';
import { releaser } from './release-hold.ts';

export interface HoldExpiryOptions {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** Whether a missing consumer is made. */
  readonly provision: boolean;
  readonly commands: Pick<CommandService, 'execute'>;
  readonly timers: HoldTimers;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Holds that this process releases at the same time. */
const AT_ONCE = 64;
/** How long a pull stays with the server: what it sends after a stop is delivered again later. */
const PULL_EXPIRES_MS = 2_000;

/**
 * Releases holds as their timers fire, until the signal is aborted; resolves once what was begun is
 * done. Every command service runs it, and each timer goes to one of them.
 */
export async function runHoldExpiry(options: HoldExpiryOptions): Promise<void> {
  const { signal, log } = options;
  try {
    await retryForever(
      () => work(options),
      signal,
      (reason, waitMs) => log.warn({ reason, waitMs }, 'no timers of holds: trying again'),
    );
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Works the timers until the signal is aborted. @throws Error when they come no more. */
async function work({ js, jsm, provision, commands, timers, log, signal }: HoldExpiryOptions) {
  await provisionTimerConsumer(jsm, provision);
  const consumer = await js.consumers.get(TIMER_STREAM, TIMER_CONSUMER);
  const release = releaser({ commands, timers, log });
  const working = new Set<Promise<void>>();
  for await (const message of await pull(consumer, signal)) {
    const done = release(message);
    working.add(done);
    void done.finally(() => working.delete(done));
    if (working.size >= AT_ONCE) await Promise.race(working);
  }
  await Promise.all(working);
  if (!signal.aborted) throw new Error(`the consumer ${TIMER_CONSUMER} is gone`);
}

async function pull(consumer: Consumer, signal: AbortSignal) {
  const messages = await consumer.consume({
    max_messages: AT_ONCE,
    expires: PULL_EXPIRES_MS,
    abort_on_missing_resource: true,
  });
  const stop = () => messages.stop();
  signal.addEventListener('abort', stop, { once: true });
  void messages.closed().then(() => signal.removeEventListener('abort', stop));
  if (signal.aborted) stop();
  return messages;
}
