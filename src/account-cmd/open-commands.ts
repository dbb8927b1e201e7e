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

/**
 * The commands of a batch that still wait for their answer. It is made for every request, as what else works
 * a batch is: of classes, since functions made anew each time cost a tenth of the request.
 */
export class OpenCommands {
  readonly #open: Set<PendingCommand>;
  /** By event id; made, as the next one, only once an append is lost. */
  #sent: Map<string, Sent> | undefined;
  /** Commands that may be in the log, with the expectations of each lost append they were in. */
  #inDoubt: Map<PendingCommand, ReadonlyMap<string, number>[]> | undefined;

  constructor(batch: readonly PendingCommand[]) {
    this.#open = new Set(batch);
  }

  get size(): number {
    return this.#open.size;
  }

  has(pending: PendingCommand): boolean {
    return this.#open.has(pending);
  }

  /** The first so many, in order. */
  first(count: number): readonly PendingCommand[] {
    return [...this.#open].slice(0, count);
  }

  answer(pending: PendingCommand, answer: CommandAnswer): void {
    if (this.#open.delete(pending)) pending.settle(answer);
  }

  /**
   * The command's events are in the log, as the plan's recorded ones, and this is its account right
   * after it.
   */
  written(
    { pending, refusal, begin, end }: WrittenCommand,
    { account }: AccountRecord,
    recorded: readonly RecordedEvent[],
  ): void {
    const replayed = false;
    if (refusal !== undefined) {
      this.answer(pending, { kind: 'refused', error: refusal, replayed });
      return;
    }
    const sequence = recorded[end - 1]?.sequence ?? 0;
    const events = needsEvents(pending.request) ? recorded.slice(begin, end) : undefined;
    this.answer(pending, { kind: 'done', account, sequence, replayed, ...(events && { events }) });
  }

  /**
   * The plan's events were sent with these expectations and no answer came: they may be in the log,
   * or may still get there while all its accounts' last sequences are the expected ones.
   */
  mayBeStored(plan: BatchPlan, expected: ReadonlyMap<string, number>): void {
    const sent = this.#sent ?? new Map<string, Sent>();
    this.#sent = sent;
    plan.events.forEach(({ event }, index) => sent.set(event.eventId, { plan, index }));
    for (const command of plan.written) {
      const index = lastOwnIndex(plan, command);
      const last = plan.events[index];
      if (last !== undefined) sent.set(last.event.eventId, { plan, index, endOf: command });
      this.#doubt(command.pending, expected);
    }
  }

  /**
   * The log says that it has the command, or is about to, and it is still to be read: nothing else may be
   * answered.
   */
  mayBeInLog(pending: PendingCommand): void {
    this.#doubt(pending, EXPECTS_NOTHING);
  }

  /** Whether a lost append with the command in it can still land on accounts at these sequences. */
  mayStillLand(pending: PendingCommand, sequenceOf: SequenceOf): boolean {
    const appends = this.#inDoubt?.get(pending) ?? [];
    return appends.some((expected) =>
      [...expected].every(([accountId, sequence]) => sequenceOf(accountId) === sequence),
    );
  }

  /** Whether the event is one that was sent for one of these and got no answer. */
  isOwn({ eventId }: AccountEvent): boolean {
    return this.#sent?.has(eventId) === true;
  }

  /** Ends the command whose last event on its own account was met in the log, if it is one of these. */
  met({ event, sequence }: RecordedEvent, after: AccountRecord): void {
    const own = this.#sent?.get(event.eventId);
    if (own?.endOf === undefined) return;
    const lastSequence = sequence + own.plan.events.length - 1 - own.index;
    this.written(own.endOf, after, recordedEvents(own.plan, lastSequence));
  }

  /** Ends those of which surely nothing is in the log. */
  endUnsent(answer: CommandAnswer): void {
    for (const pending of this.#open) if (!this.#isInDoubt(pending)) this.answer(pending, answer);
  }

  /** Ends those about the account: 504 for those that may be in the log, `answer` for the others. */
  endOf(accountId: string, answer: CommandAnswer): void {
    for (const pending of this.#open) {
      if (accountsOf(pending.request).includes(accountId)) this.#end(pending, answer);
    }
  }

  /** Ends all, likewise. */
  endAll(answer: CommandAnswer): void {
    for (const pending of this.#open) this.#end(pending, answer);
  }

  /** Ends those whose deadline has passed, likewise. */
  endExpired(now: number, obstacle: Obstacle): void {
    for (const pending of this.#open) if (pending.deadline <= now) this.#end(pending, obstacle);
  }

  #end(pending: PendingCommand, answer: CommandAnswer): void {
    const detail = 'detail' in answer ? answer.detail : `the last try ended in: ${answer.kind}`;
    this.answer(pending, this.#isInDoubt(pending) ? { kind: 'unknown', detail } : answer);
  }

  #doubt(pending: PendingCommand, expected: ReadonlyMap<string, number>): void {
    this.#inDoubt ??= new Map();
    const before = this.#inDoubt.get(pending);
    if (before === undefined) this.#inDoubt.set(pending, [expected]);
    else before.push(expected);
  }

  #isInDoubt(pending: PendingCommand): boolean {
    return this.#inDoubt?.has(pending) === true;
  }
}

/** Index of the command's last event on the account that it is remembered on. */
export function lastOwnIndex(plan: BatchPlan, { pending, begin, end }: WrittenCommand): number {
  const { accountId } = pending.request;
  let index = end - 1;
  while (index > begin && plan.events[index]?.event.accountId !== accountId) index -= 1;
  return index;
}
