import { randomUUID } from 'node:crypto';
import { decide, rejectionOf } from '../account/account.ts';
import type { DomainError } from '../account/errors.ts';
import { balanceAfter } from '../account/events.ts';
import type { AccountEvent, AccountFact, RecordedEvent, Rejection } from '../account/events.ts';
import type { AccountRecord, RememberedCommand } from '../account/record.ts';
import { applyRecorded, recall, rememberedIn } from '../account/record.ts';
import { MAX_APPEND_BYTES, messageSizeBound } from '../event-store/append-size.ts';
import type { PendingEvent } from '../event-store/event-store.ts';
import type { CommandAnswer, CommandRequest, PendingCommand } from './command.ts';

/** What a batch of commands does to one account, decided in order against the running state. */
export interface BatchPlan {
  /** The events to append; those of one command stand together. */
  readonly events: readonly PendingEvent[];
  /** The commands that leave events, in order. */
  readonly written: readonly WrittenCommand[];
  /** Commands with an answer that holds if the state that was decided on was the newest. */
  readonly answered: readonly {
    readonly pending: PendingCommand;
    readonly answer: CommandAnswer;
  }[];
}

/** A command that leaves events: accepted, or refused and remembered so. */
export interface WrittenCommand {
  readonly pending: PendingCommand;
  /** Index behind the command's last event. */
  readonly end: number;
  readonly refusal?: DomainError;
}

export interface DecideOptions {
  readonly sources: Sources;
  /** Whether a keyed command that is refused for the account's state leaves an event that says so. */
  readonly rememberRejections: boolean;
}

/** Where time and ids come from, so that the domain's surroundings are deterministic in tests. */
export interface Sources {
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  readonly newId: () => string;
}

export const systemSources: Sources = { now: Date.now, newId: randomUUID };

/**
 * Decides a batch. Pure but for the sources; nothing is written here. A key that repeats within the
 * batch is in neither list: it is decided again once the first command of that key is in the log.
 * Nor are the command whose events would make the append too large and those after it.
 */
export function decideBatch(
  record: AccountRecord | undefined,
  batch: Iterable<PendingCommand>,
  { sources, rememberRejections }: DecideOptions,
): BatchPlan {
  const events: PendingEvent[] = [];
  const written: WrittenCommand[] = [];
  const answered: { pending: PendingCommand; answer: CommandAnswer }[] = [];
  const keysInBatch = new Set<string>();
  let running = record;
  let bytes = 0;

  for (const pending of batch) {
    const { request } = pending;
    if (keysInBatch.has(request.commandId)) continue;
    const known = answerToKnown(record, pending);
    if (known !== undefined) {
      answered.push({ pending, answer: known });
      continue;
    }
    const version = running?.account.version ?? 0;
    if (request.expectedVersion !== undefined && request.expectedVersion !== version) {
      answered.push({ pending, answer: { kind: 'version_mismatch', actual: version } });
      continue;
    }
    const decision = decide(running?.account, request.command);
    const remember = rememberRejections && request.commandHash !== null;
    const facts = decision.ok ? decision.facts : rejectionFacts(running, decision.error, remember);
    if (!decision.ok && facts.length === 0) {
      answered.push({ pending, answer: refused(decision.error, false) });
      continue;
    }
    const added: PendingEvent[] = [];
    let after = running;
    for (const fact of facts) {
      const event = eventOf(fact, pending, (after?.account.version ?? 0) + 1, sources);
      // The real sequence is known only once the event is in the log.
      after = applyRecorded(after, { sequence: 0, event });
      const { traceparent } = request;
      added.push({ event, ...(traceparent !== undefined && { traceparent }) });
    }
    for (const event of added) bytes += messageSizeBound(event);
    if (events.length > 0 && bytes > MAX_APPEND_BYTES) break;
    events.push(...added);
    running = after;
    written.push({ pending, end: events.length, ...(!decision.ok && { refusal: decision.error }) });
    if (request.commandHash !== null) keysInBatch.add(request.commandId);
  }
  return { events, written, answered };
}

/** The answer to a keyed command that the account remembers; undefined for a new one. */
function answerToKnown(
  record: AccountRecord | undefined,
  { request }: PendingCommand,
): CommandAnswer | undefined {
  if (record === undefined || request.commandHash === null) return undefined;
  const remembered = recall(record, request.commandId);
  return remembered && answerToRemembered(record, remembered, request);
}

/** The answer to a command whose first event, of the same command id, stands in the log. */
export function answerToFirst(
  record: AccountRecord,
  first: RecordedEvent,
  request: CommandRequest,
): CommandAnswer {
  const remembered = rememberedIn(first);
  if (remembered !== undefined) return answerToRemembered(record, remembered, request);
  const account = {
    ...record.account,
    balance: balanceAfter(first.event),
    version: first.event.version,
  };
  return { kind: 'done', account, sequence: first.sequence, replayed: true };
}

/** The first answer of a keyed command again, or that its key now stands under another request. */
export function answerToRemembered(
  record: AccountRecord,
  remembered: RememberedCommand,
  request: CommandRequest,
): CommandAnswer {
  if (remembered.commandHash !== request.commandHash) return { kind: 'key_reused' };
  const { balance, version, sequence, rejection } = remembered;
  if (rejection !== null) return refused(errorOf(rejection), true);
  return {
    kind: 'done',
    account: { ...record.account, balance, version },
    sequence,
    replayed: true,
  };
}

const refused = (error: DomainError, replayed: boolean): CommandAnswer => ({
  kind: 'refused',
  error,
  replayed,
});

function rejectionFacts(
  running: AccountRecord | undefined,
  error: DomainError,
  remember: boolean,
): AccountFact[] {
  const fact = remember ? rejectionOf(running?.account, error) : undefined;
  return fact === undefined ? [] : [fact];
}

/** What {@link rejectionOf} made of the error, the other way round. */
function errorOf({ code, detail, field }: Rejection): DomainError {
  return { code: code as DomainError['code'], detail, ...(field !== null && { field }) };
}

function eventOf(
  fact: AccountFact,
  { request }: PendingCommand,
  version: number,
  sources: Sources,
): AccountEvent {
  return {
    ...fact,
    eventId: sources.newId(),
    accountId: request.accountId,
    version,
    occurredAt: sources.now(),
    commandId: request.commandId,
    commandHash: request.commandHash,
  };
}

/** The plan's events as they stand in the log, whose last one has the stream sequence given. */
export function recordedEvents(plan: BatchPlan, lastSequence: number): RecordedEvent[] {
  const first = lastSequence - plan.events.length + 1;
  return plan.events.map(({ event }, index) => ({ sequence: first + index, event }));
}
