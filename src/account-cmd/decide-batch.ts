import { randomUUID } from 'node:crypto';
import { decide } from '../account/account.ts';
import type { AccountEvent, AccountFact, RecordedEvent } from '../account/events.ts';
import type { AccountRecord } from '../account/record.ts';
import { applyRecorded, recall } from '../account/record.ts';
import type { PendingEvent } from '../event-store/event-store.ts';
import type { CommandAnswer, PendingCommand } from './command.ts';

/** What a batch of commands does to one account, decided in order against the running state. */
export interface BatchPlan {
  /** The events to append; those of one command stand together. */
  readonly events: readonly PendingEvent[];
  /** The commands whose events these are, with the index behind their last event. */
  readonly accepted: readonly { readonly pending: PendingCommand; readonly end: number }[];
  /** Commands with an answer that holds if the state that was decided on was the newest. */
  readonly answered: readonly {
    readonly pending: PendingCommand;
    readonly answer: CommandAnswer;
  }[];
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
 */
export function decideBatch(
  record: AccountRecord | undefined,
  batch: Iterable<PendingCommand>,
  sources: Sources,
): BatchPlan {
  const events: PendingEvent[] = [];
  const accepted: { pending: PendingCommand; end: number }[] = [];
  const answered: { pending: PendingCommand; answer: CommandAnswer }[] = [];
  const keysInBatch = new Set<string>();
  let running = record;

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
    if (!decision.ok) {
      answered.push({ pending, answer: { kind: 'refused', error: decision.error } });
      continue;
    }
    for (const fact of decision.facts) {
      const event = eventOf(fact, pending, (running?.account.version ?? 0) + 1, sources);
      // The real sequence is known only once the event is in the log.
      running = applyRecorded(running, { sequence: 0, event });
      const { traceparent } = request;
      events.push({ event, ...(traceparent !== undefined && { traceparent }) });
    }
    accepted.push({ pending, end: events.length });
    if (request.commandHash !== null) keysInBatch.add(request.commandId);
  }
  return { events, accepted, answered };
}

/** The answer to a keyed command that the account remembers; undefined for a new one. */
function answerToKnown(
  record: AccountRecord | undefined,
  { request }: PendingCommand,
): CommandAnswer | undefined {
  if (record === undefined || request.commandHash === null) return undefined;
  const remembered = recall(record, request.commandId);
  if (remembered === undefined) return undefined;
  if (remembered.commandHash !== request.commandHash) return { kind: 'key_reused' };
  const { balance, version, sequence } = remembered;
  return {
    kind: 'done',
    account: { ...record.account, balance, version },
    sequence,
    replayed: true,
  };
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
