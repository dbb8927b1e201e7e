import type { JetStreamClient } from '@nats-io/jetstream';
import type { HoldTimer, HoldTimers } from '../hold-timers.ts';
import { isAccountId as isUuid } from '../subjects.ts';

const PREFIX = 'bank.timer';

/**
 * The server counts nanoseconds in 64 bits. A timer beyond them, in the year 2262, would fire at once;
 * nobody waits for it, so none is set.
 */
const LATEST = Date.UTC(2262, 0);

/**
 * Timers as scheduled messages (ADR-51 of NATS) on a stream of their own. All that a timer says stands
 * in its subject, `bank.timer.hold.<accountId>.<holdId>.<expiresAt>`; when it fires, the server takes it
 * off the stream and puts it on again under `bank.timer.due.` and the same tokens.
 */
export function jetStreamTimers(js: JetStreamClient): HoldTimers {
  return {
    async schedule(timer, at = timer.expiresAt) {
      if (at >= LATEST) return;
      const target = timerSubject('due', timer);
      const schedule = { specification: new Date(at), target };
      await js.publish(timerSubject('hold', timer), '', { schedule });
    },
  };
}

/** @throws RangeError for ids that are none: nothing else may reach a subject. */
function timerSubject(kind: 'hold' | 'due', { accountId, holdId, expiresAt }: HoldTimer): string {
  if (!isUuid(accountId) || !isUuid(holdId) || !Number.isSafeInteger(expiresAt)) {
    throw new RangeError(`not a timer: ${accountId} ${holdId} ${expiresAt}`);
  }
  return `${PREFIX}.${kind}.${accountId}.${holdId}.${expiresAt}`;
}

/** The timer that fired on the subject; undefined for what is no timer's. */
export function firedTimer(subject: string): HoldTimer | undefined {
  const [, accountId = '', holdId = '', expiresAt = ''] =
    /^bank\.timer\.due\.([^.]+)\.([^.]+)\.(\d+)$/.exec(subject) ?? [];
  if (!isUuid(accountId) || !isUuid(holdId)) return undefined;
  return { accountId, holdId, expiresAt: Number(expiresAt) };
}
