import type { AccountEvent, RecordedEvent } from '../account/events.ts';
import type { AccountRecord } from '../account/record.ts';
import { accountsOf } from './command.ts';
import type { CommandAnswer, PendingCommand } from './command.ts';
import { recordedEvents } from './decide-batch.ts';
import type { BatchPlan, WrittenCommand } from './decide-batch.ts';
import { needsEvents } from './own-events.ts';

/** Why the work has not ended yet: what a command is told when its time is up. */
export type Obstacle = Extract<CommandAnswer, { readonly kind: 'conflict' | 'unavailable' }>;

/** The stream sequence of an account's last event as it is known; 0 for one without. */
export type SequenceOf = (accountId: string) => number;

/** The commands of a batch that still wait for their answer. */
export interface OpenCommands {
  readonly size: number;
  readonly has: (pending: PendingCommand) => boolean;
  answer(pending: PendingCommand, answer: CommandAnswer): void;
  /**
   * The command's events are in the log, as the plan's recorded ones, and this is its account right
   * after it.
   */
  written(command: WrittenCommand, after: AccountRecord, recorded: readonly RecordedEvent[]): void;
  /** The first so many, in order. */
  first(count: number): readonly PendingCommand[];
  /**
   * The plan's events were sent with these expectations and no answer came: they may be in the log,
   * or may still get there while all its accounts' last sequences are the expected ones.
   */
  mayBeStored(plan: BatchPlan, expected: ReadonlyMap<string, number>): void;
  /** The log says that it has the command, or is about to, and it is still to be read: nothing else may be answered. */
  mayBeInLog(pending: PendingCommand): void;
  /** Whether a lost append with the command in it can still land on accounts at these sequences. */
  mayStillLand(pending: PendingCommand, sequenceOf: SequenceOf): boolean;
  /** Whether the event is one that was sent for one of these and got no answer. */
  isOwn(event: AccountEvent): boolean;
  /** Ends the command whose last event on its own account was met in the log, if it is one of these. */
  readonly met: (recorded: RecordedEvent, after: AccountRecord) => void;
  /** Ends those of which surely nothing is in the log. */
  endUnsent(answer: CommandAnswer): void;
  /** Ends those about the account: 504 for those that may be in the log, `answer` for the others. */
  endOf(accountId: string, answer: CommandAnswer): void;
  /** Ends all, likewise. */
  endAll(answer: CommandAnswer): void;
  /** Ends those whose deadline has passed, likewise. */
  endExpired(now: number, obstacle: Obstacle): void;
}

/** An event that may be in the log. */
interface Sent {
  readonly plan: BatchPlan;
  /** Index in the plan. */
  readonly index: number;
  /** The command whose last event on its own account it is. */
  readonly endOf?: WrittenCommand;
}

/** Holds whatever happens to the accounts. */
const EXPECTS_NOTHING: ReadonlyMap<string, number> = new Map();

export function openCommands(batch: readonly PendingCommand[]): OpenCommands {
  const open = new Set(batch);
  const sent = new Map<string, Sent>();
  /** Commands that may be in the log, with the expectations of each lost append they were in. */
  const inDoubt = new Map<PendingCommand, ReadonlyMap<string, number>[]>();

  function answer(pending: PendingCommand, given: CommandAnswer): void {
    if (open.delete(pending)) pending.settle(given);
  }

  function doubt(pending: PendingCommand, expected: ReadonlyMap<string, number>): void {
    const before = inDoubt.get(pending);
    if (before === undefined) inDoubt.set(pending, [expected]);
    else before.push(expected);
  }

  function written(
    { pending, refusal, begin, end }: WrittenCommand,
    { account }: AccountRecord,
    recorded: readonly RecordedEvent[],
  ): void {
    const replayed = false;
    if (refusal !== undefined) {
      answer(pending, { kind: 'refused', error: refusal, replayed });
      return;
    }
    const sequence = recorded[end - 1]?.sequence ?? 0;
    const events = needsEvents(pending.request) ? recorded.slice(begin, end) : undefined;
    answer(pending, { kind: 'done', account, sequence, replayed, ...(events && { events }) });
  }

  function end(pending: PendingCommand, given: CommandAnswer): void {
    const detail = 'detail' in given ? given.detail : `the last try ended in: ${given.kind}`;
    answer(pending, inDoubt.has(pending) ? { kind: 'unknown', detail } : given);
  }

  return {
    get size() {
      return open.size;
    },
    has: (pending) => open.has(pending),
    answer,
    written,
    first: (count) => [...open].slice(0, count),
    mayStillLand(pending, sequenceOf) {
      const appends = inDoubt.get(pending) ?? [];
      return appends.some((expected) =>
        [...expected].every(([accountId, sequence]) => sequenceOf(accountId) === sequence),
      );
    },
    mayBeInLog(pending) {
      doubt(pending, EXPECTS_NOTHING);
    },
    isOwn: ({ eventId }) => sent.has(eventId),
    mayBeStored(plan, expected) {
      plan.events.forEach(({ event }, index) => sent.set(event.eventId, { plan, index }));
      for (const command of plan.written) {
        const index = lastOwnIndex(plan, command);
        const last = plan.events[index];
        if (last !== undefined) sent.set(last.event.eventId, { plan, index, endOf: command });
        doubt(command.pending, expected);
      }
    },
    met({ event, sequence }, after) {
      const own = sent.get(event.eventId);
      if (own?.endOf === undefined) return;
      const lastSequence = sequence + own.plan.events.length - 1 - own.index;
      written(own.endOf, after, recordedEvents(own.plan, lastSequence));
    },
    endUnsent(given) {
      for (const pending of open) if (!inDoubt.has(pending)) answer(pending, given);
    },
    endOf(accountId, given) {
      for (const pending of open) {
        if (accountsOf(pending.request).includes(accountId)) end(pending, given);
      }
    },
    endAll(given) {
      for (const pending of open) end(pending, given);
    },
    endExpired(now, obstacle) {
      for (const pending of open) if (pending.deadline <= now) end(pending, obstacle);
    },
  };
}

/** Index of the command's last event on the account that it is remembered on. */
export function lastOwnIndex(plan: BatchPlan, { pending, begin, end }: WrittenCommand): number {
  const { accountId } = pending.request;
  let index = end - 1;
  while (index > begin && plan.events[index]?.event.accountId !== accountId) index -= 1;
  return index;
}
