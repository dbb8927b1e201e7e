import { availableOf } from '../../account/account.ts';
import type { Account } from '../../account/account.ts';
import { IntegrityError } from '../../account/errors.ts';
import type { AccountEvent } from '../../account/events.ts';
import { evolve } from '../../account/evolve.ts';
import { shortHash } from '../../account/record.ts';
import type { LogEntry, ReadableEntry } from '../../event-store/log-entry.ts';
import type { Finding, Invariant, Remedy } from './finding.ts';
import { keyMemory } from './key-memory.ts';
import type { KeyMemory } from './key-memory.ts';

/** An account as its events so far make it. */
export interface AuditedAccount {
  readonly account: Account;
  /** Stream sequence of its last event. */
  readonly sequence: number;
  /** Undefined as long as no command was keyed. */
  readonly keys: KeyMemory | undefined;
  /** Of the newest keyed command, where it was a transfer: it may have several events. */
  readonly keyedTransfer: string | undefined;
}

/** Each account's events, one after another: versions, standings, money available, keys. */
export interface AccountAudit {
  /** What is wrong with the entry. From an event that cannot follow on, its account is not looked at. */
  add(entry: LogEntry): readonly Finding[];
  /** Undefined for an account without events, and for one whose events do not follow one another. */
  get(accountId: string): AuditedAccount | undefined;
  has(accountId: string): boolean;
  all(): Iterable<AuditedAccount>;
  readonly size: () => number;
}

export function accountAudit(): AccountAudit {
  const accounts = new Map<string, AuditedAccount>();
  const broken = new Set<string>();

  function addTo(entry: LogEntry): readonly Finding[] {
    const { accountId, sequence } = entry;
    const tell = ([invariant, what, remedy = 'log']: Wrong): Finding => ({
      ...{ sequence, invariant, accountId, what, remedy },
    });
    const stop = (wrong: Wrong) => {
      broken.add(accountId);
      accounts.delete(accountId);
      return [tell(wrong)];
    };
    if ('error' in entry) return stop(unreadable(entry.error));
    const before = accounts.get(accountId);
    const account = follow(before?.account, entry.event);
    if (typeof account === 'string') return stop(['I6', account]);
    const wrongs = [repeatedKey(before, entry), overdrawn(account)];
    accounts.set(accountId, advance(before, account, entry));
    return wrongs.filter((wrong) => wrong !== undefined).map(tell);
  }

  return {
    add: (entry) => (broken.has(entry.accountId) ? [] : addTo(entry)),
    get: (accountId) => accounts.get(accountId),
    has: (accountId) => accounts.has(accountId) || broken.has(accountId),
    all: () => accounts.values(),
    size: () => accounts.size + broken.size,
  };
}

type Wrong = readonly [invariant: Invariant, what: string, remedy?: Remedy];

const unreadable = (error: Error): Wrong =>
  error instanceof IntegrityError
    ? ['I6', error.message]
    : ['I6', `cannot be read: ${error.message}`, 'code'];

/** The account after the event, or why it cannot come next. */
function follow(account: Account | undefined, event: AccountEvent): Account | string {
  if (account !== undefined && event.currency !== account.currency) {
    return `${event.type} is in ${event.currency}, the account in ${account.currency}`;
  }
  if (account?.status === 'closed') return `${event.type} stands behind AccountClosed`;
  try {
    return evolve(account, event);
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    return error.message.replace(/^account \S+[:,] /, '');
  }
}

/** Several events may be of one keyed command only where it is a transfer: then they are of one id. */
function repeatedKey(
  before: AuditedAccount | undefined,
  { event }: ReadableEntry,
): Wrong | undefined {
  if (event.commandHash === null || before?.keys === undefined) return undefined;
  const place = before.keys.find(shortHash(event.commandId));
  if (place === undefined) return undefined;
  const own = transferIdIn(event);
  if (place === 'newest' && own !== undefined && own === before.keyedTransfer) return undefined;
  return ['I3', `the idempotency key "${event.commandId}" has taken effect on the account before`];
}

function advance(
  before: AuditedAccount | undefined,
  account: Account,
  { event, sequence }: ReadableEntry,
): AuditedAccount {
  const { keys, keyedTransfer } = before ?? {};
  if (event.commandHash === null) return { account, sequence, keys, keyedTransfer };
  const memory = keys ?? keyMemory();
  memory.add({ event, sequence });
  return { account, sequence, keys: memory, keyedTransfer: transferIdIn(event) };
}

function overdrawn(account: Account): Wrong | undefined {
  const available = availableOf(account);
  if (available >= 0n) return undefined;
  return ['I5', `${-available} minor units more are out or held than the overdraft limit allows`];
}

const transferIdIn = (event: AccountEvent): string | undefined =>
  'transferId' in event ? event.transferId : undefined;
