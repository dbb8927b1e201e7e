import { randomUUID } from 'node:crypto';
import type { JsMsg } from '@nats-io/jetstream';
import { firedTimer } from '../event-store/jetstream/timers.ts';
import type { Logger } from '../platform/logger.ts';
import { atMostEvery } from '../platform/throttle.ts';
import type { CommandAnswer } from './command.ts';
import type { CommandService } from './command-service.ts';

/** Waits before a timer that could not be worked comes again, from the first to the last, in milliseconds. */
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 60_000;
const MOST_DOUBLINGS = 10;
const LOG_EVERY_MS = 5_000;

/**
 * A timer whose command still fails, not only in vain, after so many deliveries (some five minutes) is
 * dropped. Those that wait to come again count as pending, and too many of them would keep back all others.
 */
const MOST_DELIVERIES = 12;

/** What is needed of the message that a timer fires as. */
export type FiredMessage = Pick<JsMsg, 'subject' | 'ack' | 'nak' | 'term'> & {
  readonly info: Pick<JsMsg['info'], 'deliveryCount'>;
};

/** What is done with one fired timer. Never throws. */
export function releaser(commands: Pick<CommandService, 'execute'>, log: Logger) {
  const warn = atMostEvery(LOG_EVERY_MS, (details: object) =>
    log.warn(details, 'an expired hold is not released yet: trying again'),
  );
  return async (message: FiredMessage): Promise<void> => {
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
    if (answer.kind === 'failed' && message.info.deliveryCount >= MOST_DELIVERIES) {
      log.error(
        { accountId, holdId, expiresAt },
        'the timer of an expired hold is dropped, as its command fails each time: whoever touches ' +
          'the account releases the hold once that is mended; run "jetbank verify"',
      );
      message.term('its command fails each time');
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
