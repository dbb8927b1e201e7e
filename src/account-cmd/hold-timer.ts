import { MAX_HOLD_MS } from '../account/holds.ts';
import type { HoldTimer, HoldTimers } from '../event-store/hold-timers.ts';
import { messageOf } from '../platform/message-of.ts';
import type { CommandAnswer, CommandRequest } from './command.ts';

/** Sets the timers of holds that are to expire, before the holds are placed. */
export interface TimerSetter {
  /**
   * Sets the command's timer, and answers why the command cannot be decided on where it is not set.
   * Undefined for a command that needs none.
   */
  before(request: CommandRequest): Promise<CommandAnswer | undefined> | undefined;
  /**
   * Sets the timer again of a hold that is in the log, or may get there, shortly before its end or
   * after it: it may have fired before there was a hold.
   */
  after(request: CommandRequest, answer: CommandAnswer): void;
  /** Timers being set. */
  open(): number;
  /** Resolves once all that are being set now are. */
  idle(): Promise<void>;
}

/** The clock by which timers fire may be so far ahead of this process's, in milliseconds. */
const CLOCKS_APART_MS = 60_000;

/**
 * Were the hold placed first, a crash in between would leave it without a timer. This way round it
 * leaves a timer that fires in vain. More than `atOnce` timers are not set at the same time.
 */
export function timerSetter(
  timers: HoldTimers | undefined,
  now: () => number,
  atOnce: number,
): TimerSetter {
  const setting = new Set<Promise<CommandAnswer | undefined>>();

  async function schedule(timer: HoldTimer): Promise<CommandAnswer | undefined> {
    try {
      await timers?.schedule(timer);
      return undefined;
    } catch (error) {
      return { kind: 'unavailable', detail: `the hold's timer is not set: ${messageOf(error)}` };
    }
  }

  function set(timer: HoldTimer): Promise<CommandAnswer | undefined> {
    const outcome = schedule(timer);
    setting.add(outcome);
    void outcome.then(() => setting.delete(outcome));
    return outcome;
  }

  return {
    before(request) {
      const timer = timers && timerOf(request);
      if (timer === undefined || !mayBePlaced(timer, now())) return undefined;
      if (setting.size >= atOnce) {
        const detail = `${setting.size} timers are being set already`;
        return Promise.resolve({ kind: 'overloaded', detail });
      }
      return set(timer);
    },
    after(request, { kind }) {
      const isHeld = kind === 'done' || kind === 'unknown';
      const timer = timers && isHeld ? timerOf(request) : undefined;
      if (timer !== undefined && timer.expiresAt <= now() + CLOCKS_APART_MS) void set(timer);
    },
    open: () => setting.size,
    async idle() {
      await Promise.all(setting);
    },
  };
}

/** Longer than any command waits for its decision, in milliseconds. */
const UNTIL_DECIDED_MS = 60_000;

/** A hold whose time is past or too far ahead is refused, or the repeat of one that has a timer. */
const mayBePlaced = ({ expiresAt }: HoldTimer, now: number): boolean =>
  expiresAt > now && expiresAt <= now + MAX_HOLD_MS + UNTIL_DECIDED_MS;

function timerOf({ accountId, command }: CommandRequest): HoldTimer | undefined {
  if (command.type !== 'PlaceHold' || command.expiresAt === undefined) return undefined;
  const { holdId, expiresAt } = command;
  return { accountId, holdId, expiresAt };
}
