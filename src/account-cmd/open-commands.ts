import type { AccountEvent, RecordedEvent } from '../account/events.ts';
import type { AccountRecord } from '../account/record.ts';
import type { CommandAnswer, PendingCommand } from './command.ts';
import type { BatchPlan, WrittenCommand } from './decide-batch.ts';

/** Why the work has not ended yet: what a command is told when its time is up. */
export type Obstacle = Extract<CommandAnswer, { readonly kind: 'conflict' | 'unavailable' }>;

/** The commands of a batch that still wait for their answer. */
export interface OpenCommands {
  readonly size: number;
  answer(pending: PendingCommand, answer: CommandAnswer): void;
  /** The command's last event is in the log, and this is the account right after it. */
  written(command: WrittenCommand, after: AccountRecord): void;
  /** The first so many, in order. */
  first(count: number): readonly PendingCommand[];
  /**
   * The plan's events were sent with this expectation and no answer came: they may be in the log, or
   * may still get there while the account's last sequence is the expected one.
   */
  mayBeStored(plan: BatchPlan, expectedSequence: number): void;
  /** Whether a lost append with the command in it can still land on an account at this sequence. */
  mayStillLand(pending: PendingCommand, sequence: number): boolean;
  /** Whether the event is one that was sent for one of these and got no answer. */
  isOwn(event: AccountEvent): boolean;
  /** Ends the command whose own event was met in the log, if it is one of these. */
  readonly met: (recorded: RecordedEvent, after: AccountRecord) => void;
  /** Ends those of which surely nothing is in the log. */
  endUnsent(answer: CommandAnswer): void;
  /** Ends all: 504 for those that may be in the log, `answer` for the others. */
  endAll(answer: CommandAnswer): void;
  /** Ends those whose deadline has passed, likewise. */
  endExpired(now: number, obstacle: Obstacle): void;
}

export function openCommands(batch: readonly PendingCommand[]): OpenCommands {
  const open = new Set(batch);
  /** Events that may be in the log, with the command whose last event each is. */
  const sent = new Map<string, WrittenCommand>();
  /** Commands that may be in the log, with the expectation of the newest append they were in. */
  const inDoubt = new Map<PendingCommand, number>();

  function answer(pending: PendingCommand, given: CommandAnswer): void {
    if (open.delete(pending)) pending.settle(given);
  }

  function written({ pending, refusal }: WrittenCommand, after: AccountRecord): void {
    const { account, sequence } = after;
    const replayed = false;
    if (refusal === undefined) answer(pending, { kind: 'done', account, sequence, replayed });
    else answer(pending, { kind: 'refused', error: refusal, replayed });
  }

  function end(pending: PendingCommand, given: CommandAnswer): void {
    const detail = 'detail' in given ? given.detail : `the last try ended in: ${given.kind}`;
    answer(pending, inDoubt.has(pending) ? { kind: 'unknown', detail } : given);
  }

  return {
    get size() {
      return open.size;
    },
    answer,
    written,
    first: (count) => [...open].slice(0, count),
    mayStillLand: (pending, sequence) => inDoubt.get(pending) === sequence,
    isOwn: ({ eventId }) => sent.has(eventId),
    mayBeStored(plan, expectedSequence) {
      for (const command of plan.written) {
        const last = plan.events[command.end - 1];
        if (last !== undefined) sent.set(last.event.eventId, command);
        inDoubt.set(command.pending, expectedSequence);
      }
    },
    met({ event }, after) {
      const own = sent.get(event.eventId);
      if (own !== undefined) written(own, after);
    },
    endUnsent(given) {
      for (const pending of open) if (!inDoubt.has(pending)) answer(pending, given);
    },
    endAll(given) {
      for (const pending of open) end(pending, given);
    },
    endExpired(now, obstacle) {
      for (const pending of open) if (pending.deadline <= now) end(pending, obstacle);
    },
  };
}
