import type { Account, Rules } from '../account/account.ts';
import { decide, rejectionOf } from '../account/decide.ts';
import type { DomainError } from '../account/errors.ts';
import type { AccountEvent, AccountFact } from '../account/events.ts';
import { nextExpired } from '../account/holds.ts';
import type { AccountRecord } from '../account/record.ts';
import { applyRecorded } from '../account/record.ts';
import { transfer } from '../account/transfers.ts';
import { MAX_APPEND_EVENTS } from '../event-store/append-size.ts';
import type { PendingEvent } from '../event-store/event-store.ts';
import { accountsOf } from './command.ts';
import type { CommandRequest } from './command.ts';
import type { Sources } from './sources.ts';

/** The accounts as they are known; undefined for one without events. */
export type Records = (accountId: string) => AccountRecord | undefined;

/** What one command would leave: its events, and its accounts after them. */
export class Draft {
  readonly events: PendingEvent[] = [];
  /** The accounts that have changed. */
  readonly records = new Map<string, AccountRecord>();
  /** How many of the events, the first ones, let expired holds go. */
  readonly expired: number;
  readonly #current: Records;
  readonly #request: CommandRequest;
  readonly #rules: Rules;
  readonly #sources: Sources;

  /** A timer that is late or lost is made up for before anything else happens to the account. */
  constructor(current: Records, request: CommandRequest, rules: Rules, sources: Sources) {
    this.#current = current;
    this.#request = request;
    this.#rules = rules;
    this.#sources = sources;
    // A hold's own timer releases it by itself: its command is not to find it released already.
    if (request.command.type !== 'ExpireHold') {
      for (const accountId of accountsOf(request)) this.#releaseExpired(accountId);
    }
    this.expired = this.events.length;
  }

  /** Whether what expired leaves no room for the command in an append, and may not be all. */
  get isFull(): boolean {
    return this.expired >= MAX_APPEND_EVENTS;
  }

  /** Whether the command itself leaves nothing: what it let go on the way is then left to others. */
  get isEmpty(): boolean {
    return this.events.length === this.expired;
  }

  /** Answers why it is refused; a refusal that is to be remembered leaves an event all the same. */
  decide(rememberRejections: boolean): DomainError | undefined {
    const { accountId: ownAccount, command, commandId, commandHash } = this.#request;
    const decided = this.#decideCommand();
    const own = { commandId, commandHash };
    if ('code' in decided) {
      const remember = rememberRejections && commandHash !== null;
      const fact = remember ? rejectionOf(this.#account(ownAccount), decided) : undefined;
      if (fact !== undefined) this.#add(ownAccount, fact, own);
      return decided;
    }
    // A key belongs to one account: to the others the transfer comes under its own id.
    const othersId = command.type === 'Transfer' ? command.transferId : commandId;
    for (const { accountId, fact } of decided) {
      const isOwn = accountId === ownAccount;
      this.#add(accountId, fact, isOwn ? own : { commandId: othersId, commandHash: null });
    }
    return undefined;
  }

  #decideCommand(): readonly OwnFact[] | DomainError {
    const { accountId, command } = this.#request;
    if (command.type === 'Transfer') {
      const decision = transfer((id) => this.#account(id), command, this.#rules);
      return decision.ok ? decision.facts : decision.error;
    }
    const decision = decide(this.#account(accountId), command, this.#rules);
    if (!decision.ok) return decision.error;
    return decision.facts.map((fact) => ({ accountId, fact }));
  }

  /** No more than an append takes: they hold no client's text, so as many always fit. */
  #releaseExpired(accountId: string): void {
    while (this.events.length < MAX_APPEND_EVENTS) {
      const account = this.#account(accountId);
      const fact = account && nextExpired(account, this.#rules);
      if (fact === undefined) return;
      this.#add(accountId, fact, { commandId: this.#sources.newId(), commandHash: null });
    }
  }

  #add(accountId: string, fact: AccountFact, identity: Identity): void {
    const before = this.#record(accountId);
    const version = (before?.account.version ?? 0) + 1;
    const [eventId, occurredAt] = [this.#sources.newId(), this.#sources.now()];
    const event: AccountEvent = { ...fact, accountId, version, eventId, occurredAt, ...identity };
    // The real sequence is known only once the event is in the log.
    this.records.set(accountId, applyRecorded(before, { sequence: 0, event }));
    const { traceparent } = this.#request;
    this.events.push(traceparent === undefined ? { event } : { event, traceparent });
  }

  #record(accountId: string): AccountRecord | undefined {
    return this.records.get(accountId) ?? this.#current(accountId);
  }

  #account(accountId: string): Account | undefined {
    return this.#record(accountId)?.account;
  }
}

type Identity = Pick<AccountEvent, 'commandId' | 'commandHash'>;

interface OwnFact {
  readonly accountId: string;
  readonly fact: AccountFact;
}
