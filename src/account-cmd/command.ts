import type { Account } from '../account/account.ts';
import type { Command } from '../account/commands.ts';
import type { DomainError } from '../account/errors.ts';
import type { RecordedEvent } from '../account/events.ts';

/** One request of a client, validated and ready to be decided on. */
export interface CommandRequest {
  /** The account that the command is about, and remembered on: for a transfer, the first sender. */
  readonly accountId: string;
  readonly command: Command;
  /** The idempotency key, or an id of this request's own. */
  readonly commandId: string;
  /** Hash of the keyed request; null where the client sent no key. */
  readonly commandHash: string | null;
  /** The hash under which older releases stored the same request, where that is another one. */
  readonly commandHashBefore?: () => string;
  /** Refuse unless the account has this version (`If-Match`). */
  readonly expectedVersion?: number;
  /** W3C trace context, for the command's events. */
  readonly traceparent?: string;
  /** The HTTP request's, for the logs. */
  readonly requestId?: string;
}

/** The accounts that the command is about, each once, the one that it is remembered on first. */
export function accountsOf({ accountId, command }: CommandRequest): readonly string[] {
  if (command.type !== 'Transfer') return [accountId];
  return [...new Set([accountId, ...command.legs.flatMap(({ from, to }) => [from, to])])];
}

/** How a command ended. Each is a different answer to the client. */
export type CommandAnswer =
  /** In the log; `account` is as it stands right after the command. */
  | {
      readonly kind: 'done';
      readonly account: Account;
      /** Stream sequence of the command's last event. */
      readonly sequence: number;
      readonly replayed: boolean;
      /** The command's events, of a command that is answered with what they say. */
      readonly events?: readonly RecordedEvent[];
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
  /**
   * A fault of ours or of the log itself; nothing was written, as a command that may be in the log ends
   * in `unknown` whatever the fault. The logs tell more.
   */
  | { readonly kind: 'failed' }
  /** Written or not, or written and not to be told: only a retry with the same key can tell. */
  | { readonly kind: 'unknown'; readonly detail: string };

/** A command on its way through the mailbox, with the one who waits for its answer. */
export interface PendingCommand {
  readonly request: CommandRequest;
  /** When to give up, in milliseconds of the monotonic clock. */
  readonly deadline: number;
  readonly settle: (answer: CommandAnswer) => void;
}
