import { randomUUID } from 'node:crypto';
import type { JsMsg } from '@nats-io/jetstream';
import type { HoldTimer, HoldTimers } from '../event-store/hold-timers.ts';
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
 * A timer that is still not worked so long after its time is set anew, for as much later again, at most
 * for the longest. Those that wait to come again count as pending, and too many of them, of accounts that
 * cannot be read, would keep back all others.
 */
const SET_ANEW_AFTER_MS = 60_000;
const LONGEST_PUT_OFF_MS = 5 * 60_000;

/** What is needed of the message that a timer fires as. */
export type FiredMessage = Pick<JsMsg, 'subject' | 'ack' | 'nak' | 'term'> & {
  readonly info: Pick<JsMsg['info'], 'deliveryCount'>;
};

export interface ReleaserOptions {
  readonly commands: Pick<CommandService, 'execute'>;
  readonly timers: HoldTimers;
  readonly log: Logger;
  /** Milliseconds since 1970 UTC. */
  readonly now?: () => number;
}

/** What is done with one fired timer. Never throws. */
export function releaser({ commands, timers, log, now = Date.now }: ReleaserOptions) {
  const warn = atMostEvery(LOG_EVERY_MS, (details: object) =>
    log.warn(details, 'an expired hold is not released yet: trying again'),
  );

  /** Whether the timer is set anew. Only then is it acknowledged: until then it is the only one. */
  async function isSetAnew(timer: HoldTimer, waitMs: number): Promise<boolean> {
    try {
      await timers.schedule(timer, now() + waitMs);
      return true;
    } catch {
      return false;
    }
  }

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
    const lateMs = now() - expiresAt;
    const putOffMs = Math.min(lateMs, LONGEST_PUT_OFF_MS);
    if (lateMs >= SET_ANEW_AFTER_MS && (await isSetAnew(timer, putOffMs))) {
      warn({ accountId, holdId, answer, waitMs: putOffMs });
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
