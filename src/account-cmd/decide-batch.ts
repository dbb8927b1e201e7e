import type { Rules } from '../account/account.ts';
import type { DomainError } from '../account/errors.ts';
import type { RecordedEvent } from '../account/events.ts';
import type { AccountRecord } from '../account/record.ts';
import {
  MAX_APPEND_BYTES,
  MAX_APPEND_EVENTS,
  messageSizeBound,
} from '../event-store/append-size.ts';
import type { PendingEvent } from '../event-store/event-store.ts';
import { answerToKnown, refused } from './answer-again.ts';
import type { CommandAnswer, CommandRequest, PendingCommand } from './command.ts';
import { Draft } from './draft.ts';
import type { Records } from './draft.ts';
import type { Sources } from './sources.ts';

/** What a batch of commands does to its accounts, decided in order against the running states. */
export interface BatchPlan {
  /** The events to append; those of one command stand together. */
  readonly events: readonly PendingEvent[];
  /** The commands that leave events, in order. */
  readonly written: readonly WrittenCommand[];
  /** Commands with an answer that holds if the states that were decided on were the newest. */
  readonly answered: readonly {
    readonly pending: PendingCommand;
    readonly answer: CommandAnswer;
  }[];
}

/** A command that leaves events: accepted, or refused and remembered so. */
export interface WrittenCommand {
  readonly pending: PendingCommand;
  /** Index of the command's first event in the plan: holds that its accounts let go stand before it. */
  readonly begin: number;
  /** Index behind the command's last event. */
  readonly end: number;
  readonly refusal?: DomainError;
}

export interface DecideOptions {
  readonly sources: Sources;
  /** Whether a keyed command that is refused for the account's state leaves an event that says so. */
  readonly rememberRejections: boolean;
  /** Whether money may come into a frozen account. */
  readonly frozenTakesMoney: boolean;
}

/**
 * Decides a batch. Pure but for the sources; nothing is written here. A key that repeats within the
 * batch is in neither list: it is decided again once the first command of that key is in the log.
 * Nor are the command whose events would make the append too large and those after it. Where that is
 * the first one, and for the expired holds of its accounts, the plan lets those go and does no more.
 */
export function decideBatch(
  known: Records,
  batch: Iterable<PendingCommand>,
  { sources, rememberRejections, frozenTakesMoney }: DecideOptions,
): BatchPlan {
  const events: PendingEvent[] = [];
  const written: WrittenCommand[] = [];
  const answered: { pending: PendingCommand; answer: CommandAnswer }[] = [];
  const keysInBatch = new Set<string>();
  const running = new Map<string, AccountRecord>();
  const rules: Rules = { now: sources.now(), frozenTakesMoney };
  let bytes = 0;
  const current: Records = (accountId) => running.get(accountId) ?? known(accountId);

  for (const pending of batch) {
    const { request } = pending;
    const key = request.commandHash === null ? undefined : keyOf(request);
    if (key !== undefined && keysInBatch.has(key)) continue;
    const again = answerToKnown(known(request.accountId), request);
    if (again !== undefined) {
      answered.push({ pending, answer: again });
      continue;
    }
    const version = current(request.accountId)?.account.version ?? 0;
    if (request.expectedVersion !== undefined && request.expectedVersion !== version) {
      answered.push({ pending, answer: { kind: 'version_mismatch', actual: version } });
      continue;
    }
    const draft = new Draft(current, request, rules, sources);
    const refusal = draft.isFull ? undefined : draft.decide(rememberRejections);
    if (refusal !== undefined && draft.isEmpty) {
      answered.push({ pending, answer: refused(refusal, false) });
      continue;
    }
    for (const event of draft.events) bytes += messageSizeBound(event);
    const tooLarge =
      draft.isFull ||
      bytes > MAX_APPEND_BYTES ||
      events.length + draft.events.length > MAX_APPEND_EVENTS;
    if (tooLarge && events.length > 0) break;
    if (tooLarge && draft.expired > 0) {
      events.push(...draft.events.slice(0, draft.expired));
      break;
    }
    const begin = events.length + draft.expired;
    events.push(...draft.events);
    for (const [accountId, record] of draft.records) running.set(accountId, record);
    written.push({ pending, begin, end: events.length, ...(refusal && { refusal }) });
    if (key !== undefined) keysInBatch.add(key);
  }
  return { events, written, answered };
}

/** The same key on another account is another command. */
const keyOf = ({ accountId, commandId }: CommandRequest) => `${accountId}:${commandId}`;

/** The plan's events as they stand in the log, whose last one has the stream sequence given. */
export function recordedEvents(plan: BatchPlan, lastSequence: number): RecordedEvent[] {
  const first = lastSequence - plan.events.length + 1;
  return plan.events.map(({ event }, index) => ({ sequence: first + index, event }));
}
