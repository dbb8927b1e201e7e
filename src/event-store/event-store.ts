import type { AccountEvent, RecordedEvent } from '../account/events.ts';
import type { AccountRecord } from '../account/record.ts';
import type { LogEntry } from './log-entry.ts';

/** The log of accounts: the only source of truth. */
export interface EventStore extends EventReader {
  /**
   * Appends the events of one or several accounts, all or none, in the order given. Each account's
   * events are stored only if its last event still has the expected sequence: this is the optimistic
   * lock.
   */
  append(writes: readonly AccountWrite[]): Promise<AppendOutcome>;
}

/** The log for those who only read it. */
export interface EventReader {
  /** The event at a stream sequence, by the leader's word; undefined where there is none. */
  event(sequence: number): Promise<RecordedEvent | undefined>;

  /** The account's last event; undefined for an account with none. */
  head(accountId: string, consistency: Consistency): Promise<Head | undefined>;

  /**
   * The account's events after `after` up to and with `head`, in order.
   * The cost depends on how many they are, not on how long the history or the stream is.
   */
  tail(head: Head, after: Position, consistency: Consistency): AsyncIterable<RecordedEvent>;

  /**
   * The account's events after a stream sequence, in order, at most `limit` (1 to 1,000); fewer only
   * where its history ended at the call. The cost depends on how many they are.
   */
  history(
    accountId: string,
    afterSequence: number,
    limit: number,
  ): Promise<readonly RecordedEvent[]>;

  /**
   * The account's events that were stored within twice the time for which the log recognises repeats,
   * or longer: in stretches of time, the newest first, those within each in order.
   */
  recent(accountId: string): AsyncIterable<RecordedEvent>;

  /** Stream sequence of the log's last event, by the leader's word; 0 for an empty log. */
  lastSequence(): Promise<number>;

  /**
   * Every event of every account after a stream sequence, in order, up to and with another one;
   * without that, up to what the log held at the call.
   */
  replay(afterSequence: number, untilSequence?: number): AsyncIterable<RecordedEvent>;

  /** As {@link replay}, for those who read on past a message that cannot be read. */
  entries(afterSequence: number, untilSequence?: number): AsyncIterable<LogEntry>;

  /** Stream sequence of the shard's first event after another one, by the leader's word. */
  nextOfShard(shard: number, afterSequence: number): Promise<number | undefined>;
}

export interface AccountWrite {
  readonly accountId: string;
  /**
   * Stream sequence of the account's last event as the writer knows it; 0 for a new account. Where
   * the account has several writes in an append, that of the first one counts.
   */
  readonly expectedSequence: number;
  /** At least one. */
  readonly events: readonly PendingEvent[];
}

export interface PendingEvent {
  readonly event: AccountEvent;
  /** W3C trace context of the request; travels in the event's headers. */
  readonly traceparent?: string;
}

/** What became of an append. Everything but `stored` and `unknown` means: nothing was written. */
export type AppendOutcome =
  /** All stored, on consecutive stream sequences in the order given, the last being `lastSequence`. */
  | { readonly kind: 'stored'; readonly lastSequence: number }
  /** An account has moved on: read it again and decide again. */
  | { readonly kind: 'conflict' }
  /**
   * The log has a message id of this append already: a command of it is a repeat. Where the append
   * was one event, `sequence` is where the first one of that id stands.
   */
  | { readonly kind: 'duplicate'; readonly sequence?: number }
  /** The server is at a limit of its own: the same append may succeed in a moment. */
  | { readonly kind: 'busy'; readonly reason: string }
  /** The server refused, or nobody was there to accept. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** No answer came: stored or not, only reading tells. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** `any` replica may answer (it may lag); `leader` is as new as the last acknowledged append. */
export type Consistency = 'any' | 'leader';

export interface Head extends RecordedEvent {
  /**
   * Stream sequence that probably holds the account's previous event, as the message itself tells;
   * 0 for the first. A hint for reading backwards: the reader checks what it finds there.
   */
  readonly previousSequence: number;
}

/** A place in an account's history: the version and the stream sequence of one of its events. */
export interface Position {
  readonly version: number;
  readonly sequence: number;
}

/** Before the first event. */
export const BEGINNING: Position = { version: 0, sequence: 0 };

/** Disposable copies of account states, so that a long history need not be read. */
export interface SnapshotStore extends SnapshotReader {
  /** @throws when the snapshot was not stored. */
  save(record: AccountRecord): Promise<void>;
}

/** The snapshots for those who only read them. */
export interface SnapshotReader {
  /** Never throws: a snapshot that cannot be had is as good as none. */
  load(accountId: string, consistency: Consistency): Promise<SnapshotLookup>;
}

export type SnapshotLookup =
  | { readonly kind: 'found'; readonly record: AccountRecord }
  | { readonly kind: 'none' }
  /** `outdated`: of another schema than this release writes, which is no fault. */
  | { readonly kind: 'unusable'; readonly reason: string; readonly outdated: boolean };

/** A snapshot is written each time an account's version passes a multiple of this. */
export const SNAPSHOT_INTERVAL = 5;
