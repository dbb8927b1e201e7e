import type { Rules } from '../account/account.ts';
import { decide, rejectionOf } from '../account/decide.ts';
import type { DomainError } from '../account/errors.ts';
import type { AccountEvent, AccountFact, RecordedEvent } from '../account/events.ts';
import { nextExpired } from '../account/holds.ts';
import type { AccountRecord } from '../account/record.ts';
import { applyRecorded } from '../account/record.ts';
import { transfer } from '../account/transfers.ts';
import {
  MAX_APPEND_BYTES,
  MAX_APPEND_EVENTS,
  messageSizeBound,
} from '../event-store/append-size.ts';
import type { PendingEvent } from '../event-store/event-store.ts';
import { answerToKnown, refused } from './answer-again.ts';
import { accountsOf } from './command.ts';
import type { CommandAnswer, CommandRequest, PendingCommand } from './command.ts';
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

/** The accounts as they are known; undefined for one without events. */
export type Records = (accountId: string) => AccountRecord | undefined;

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
    const draft = draftOf(current, request, rules, sources);
    const refusal = draft.isFull ? undefined : draft.decide(rememberRejections);
    if (refusal !== undefined && draft.isEmpty()) {
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

/** What one command would leave: its events, and its accounts after them. */
function draftOf(current: Records, request: CommandRequest, rules: Rules, sources: Sources) {
  const { command, accountId: ownAccount } = request;
  const records = new Map<string, AccountRecord>();
  const events: PendingEvent[] = [];
  const recordOf: Records = (accountId) => records.get(accountId) ?? current(accountId);
  const accountOf = (accountId: string) => recordOf(accountId)?.account;

  function add(accountId: string, fact: AccountFact, identity: Identity): void {
    const before = recordOf(accountId);
    const version = (before?.account.version ?? 0) + 1;
    const place = { accountId, version, eventId: sources.newId(), occurredAt: sources.now() };
    const event: AccountEvent = { ...fact, ...place, ...identity };
    // The real sequence is known only once the event is in the log.
    records.set(accountId, applyRecorded(before, { sequence: 0, event }));
    const { traceparent } = request;
    events.push({ event, ...(traceparent !== undefined && { traceparent }) });
  }

  /**
   * A timer that is late or lost is made up for before anything else happens to the account. No more
   * than an append takes: they hold no client's text, so as many always fit.
   */
  function releaseExpired(accountId: string): void {
    while (events.length < MAX_APPEND_EVENTS) {
      const account = accountOf(accountId);
      const fact = account && nextExpired(account, rules);
      if (fact === undefined) return;
      add(accountId, fact, { commandId: sources.newId(), commandHash: null });
    }
  }

  function decideCommand(): readonly OwnFact[] | DomainError {
    if (command.type === 'Transfer') {
      const decision = transfer(accountOf, command, rules);
      return decision.ok ? decision.facts : decision.error;
    }
    const decision = decide(accountOf(ownAccount), command, rules);
    if (!decision.ok) return decision.error;
    return decision.facts.map((fact) => ({ accountId: ownAccount, fact }));
  }

  // A hold's own timer releases it by itself: its command is not to find it released already.
  if (command.type !== 'ExpireHold') accountsOf(request).forEach(releaseExpired);
  const expired = events.length;

  return {
    events,
    records,
    /** How many of the events, the first ones, let expired holds go. */
    expired,
    /** Whether those leave no room for the command in an append, and may not be all. */
    isFull: expired >= MAX_APPEND_EVENTS,
    /** Whether the command itself leaves nothing: what it let go on the way is then left to others. */
    isEmpty: () => events.length === expired,
    /** Answers why it is refused; a refusal that is to be remembered leaves an event all the same. */
    decide(rememberRejections: boolean): DomainError | undefined {
      const decided = decideCommand();
      const own = { commandId: request.commandId, commandHash: request.commandHash };
      if ('code' in decided) {
        const remember = rememberRejections && request.commandHash !== null;
        const fact = remember ? rejectionOf(accountOf(ownAccount), decided) : undefined;
        if (fact !== undefined) add(ownAccount, fact, own);
        return decided;
      }
      // A key belongs to one account: to the others the transfer comes under its own id.
      const commandId = command.type === 'Transfer' ? command.transferId : own.commandId;
      const others = { commandId, commandHash: null };
      for (const { accountId, fact } of decided) {
        add(accountId, fact, accountId === ownAccount ? own : others);
      }
      return undefined;
    },
  };
}

type Identity = Pick<AccountEvent, 'commandId' | 'commandHash'>;

interface OwnFact {
  readonly accountId: string;
  readonly fact: AccountFact;
}

/** The plan's events as they stand in the log, whose last one has the stream sequence given. */
export function recordedEvents(plan: BatchPlan, lastSequence: number): RecordedEvent[] {
  const first = lastSequence - plan.events.length + 1;
  return plan.events.map(({ event }, index) => ({ sequence: first + index, event }));
}
