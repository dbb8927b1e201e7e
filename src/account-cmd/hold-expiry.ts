import { randomUUID } from 'node:crypto';
import type { Consumer, JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { TIMER_CONSUMER, TIMER_STREAM } from '../event-store/jetstream/names.ts';
import { provisionTimerConsumer } from '../event-store/jetstream/timer-consumer.ts';
import { firedTimer } from '../event-store/jetstream/timers.ts';
import type { Logger } from '../platform/logger.ts';
import { retryForever } from '../platform/retry.ts';
import { atMostEvery } from '../platform/throttle.ts';
import type { CommandAnswer } from './command.ts';
import type { CommandService } from './command-service.ts';

export interface HoldExpiryOptions {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** Whether a missing consumer is made. */
  readonly provision: boolean;
  readonly commands: Pick<CommandService, 'execute'>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Holds that this process releases at the same time. */
const AT_ONCE = 64;
/** How long a pull stays with the server: what it sends after a stop is delivered again later. */
const PULL_EXPIRES_MS = 2_000;
/** Waits before a timer that could not be worked comes again, from the first to the last, in milliseconds. */
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 60_000;
const MOST_DOUBLINGS = 10;
const LOG_EVERY_MS = 5_000;

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
async function work({ js, jsm, provision, commands, log, signal }: HoldExpiryOptions) {
  await provisionTimerConsumer(jsm, provision);
  const consumer = await js.consumers.get(TIMER_STREAM, TIMER_CONSUMER);
  const release = releaser(commands, log);
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

/** What is done with one fired timer. Never throws. */
function releaser(commands: Pick<CommandService, 'execute'>, log: Logger) {
  const warn = atMostEvery(LOG_EVERY_MS, (details: object) =>
    log.warn(details, 'an expired hold is not released yet: trying again'),
  );
  return async (message: JsMsg): Promise<void> => {
    const timer = firedTimer(message.subject);
    if (timer === undefined) {
      log.warn({ subject: message.subject }, 'what fired is no timer of a hold: dropped');
      message.term('no timer of a hold');
      return;
    }
    const { accountId, holdId, expiresAt } = timer;
    const answer = await commands.execute({
      accountId,
      command: { type: 'ExpireHold', holdId, expiresAt },
      commandId: randomUUID(),
      commandHash: null,
    });
    if (isFinal(answer)) {
      message.ack();
      return;
    }
    const waitMs = waitAfter(message.info.deliveryCount);
    warn({ accountId, holdId, answer, waitMs });
    message.nak(waitMs);
  };
}

/** Whether the timer has done its work. It fires in vain where the hold is no longer open, or never was. */
function isFinal({ kind }: CommandAnswer): boolean {
  switch (kind) {
    case 'done':
    case 'refused':
    case 'version_mismatch':
    case 'key_reused':
      return true;
    case 'conflict':
    case 'overloaded':
    case 'unavailable':
    case 'failed':
    case 'unknown':
      return false;
  }
}

const waitAfter = (deliveries: number): number =>
  Math.min(FIRST_WAIT_MS * 2 ** Math.min(deliveries - 1, MOST_DOUBLINGS), LAST_WAIT_MS);
