import type { Account } from '../account/account.ts';
import type { AccountCommand } from '../account/commands.ts';
import type { DomainError } from '../account/errors.ts';

/** One request of a client to one account, validated and ready to be decided on. */
export interface CommandRequest {
  readonly accountId: string;
  readonly command: AccountCommand;
  /** The idempotency key, or an id of this request's own. */
  readonly commandId: string;
  /** Hash of the keyed request; null where the client sent no key. */
  readonly commandHash: string | null;
  /** Refuse unless the account has this version (`If-Match`). */
  readonly expectedVersion?: number;
  readonly traceparent?: string;
}

/** How a command ended. Each is a different answer to the client. */
export type CommandAnswer =
  /** In the log; `account` and `sequence` (of the stream) are those right after the command. */
  | {
      readonly kind: 'done';
      readonly account: Account;
      readonly sequence: number;
      readonly replayed: boolean;
    }
  | { readonly kind: 'refused'; readonly error: DomainError; readonly replayed: boolean }
  | { readonly kind: 'version_mismatch'; readonly actual: number }
  | { readonly kind: 'key_reused' }
  /** Others kept changing the account; nothing was written. */
  | { readonly kind: 'conflict' }
  /** Too many commands wait; nothing was written. */
  | { readonly kind: 'overloaded'; readonly detail: string }
  /** The log cannot be written; nothing was. */
  | { readonly kind: 'unavailable'; readonly detail: string }
  /** A fault of ours or of the log itself; nothing was written. The logs tell more. */
  | { readonly kind: 'failed' }
  /** Written or not: only a retry with the same key can tell. */
  | { readonly kind: 'unknown'; readonly detail: string };

/** A command on its way through the mailbox, with the one who waits for its answer. */
export interface PendingCommand {
  readonly request: CommandRequest;
  /** When to give up, in milliseconds of the monotonic clock. */
  readonly deadline: number;
  readonly settle: (answer: CommandAnswer) => void;
}
