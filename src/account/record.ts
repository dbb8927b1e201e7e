import { hash } from 'node:crypto';
import type { Account } from './account.ts';
import { standingAfter } from './events.ts';
import type { RecordedEvent, Rejection, Standing } from './events.ts';
import { evolve } from './evolve.ts';

/** An account with its place in the log and the keyed commands that made it what it is. */
export interface AccountRecord {
  readonly account: Account;
  /** Stream sequence of the account's last event: what the next append expects. */
  readonly sequence: number;
  /** The command that created the account, if it was keyed, and the last others, oldest first. */
  readonly commands: readonly RememberedCommand[];
}

/** A keyed command that is in the log, with what is needed to answer it again word for word. */
export interface RememberedCommand extends Standing {
  /** {@link shortHash} of the idempotency key: snapshots hold 64 of these, so they stay small. */
  readonly keyHash: string;
  readonly commandHash: string;
  readonly version: number;
  /** Stream sequence of the command's last event on this account. */
  readonly sequence: number;
  /** Why it was refused; null for a command that took effect. */
  readonly rejection: Rejection | null;
}

/** How many keyed commands an account remembers, beside its creation, which it never forgets. */
export const REMEMBERED_COMMANDS = 64;

/** The record after one more event of the log. @throws IntegrityError as {@link evolve} does. */
export function applyRecorded(
  record: AccountRecord | undefined,
  { event, sequence }: RecordedEvent,
): AccountRecord {
  const account = evolve(record?.account, event);
  const commands = record?.commands ?? [];
  const remembered = rememberedIn({ event, sequence });
  if (remembered === undefined) return { account, sequence, commands };
  return { account, sequence, commands: remember(commands, remembered) };
}

/** What the event says of the keyed command that left it; undefined for one without a key. */
export function rememberedIn({ event, sequence }: RecordedEvent): RememberedCommand | undefined {
  if (event.commandHash === null) return undefined;
  return {
    keyHash: shortHash(event.commandId),
    commandHash: event.commandHash,
    version: event.version,
    ...standingAfter(event),
    sequence,
    rejection: event.type === 'CommandRejected' ? rejectionIn(event) : null,
  };
}

/** The keyed command that stands in the log under this idempotency key, if it is still remembered. */
export function recall(
  record: AccountRecord | undefined,
  idempotencyKey: string,
): RememberedCommand | undefined {
  if (record === undefined || record.commands.length === 0) return undefined;
  const keyHash = shortHash(idempotencyKey);
  return record.commands.findLast((command) => command.keyHash === keyHash);
}

/** 64 bits of SHA-256 in hex: to tell one account's few commands apart, not to keep a secret. */
export function shortHash(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 16);
}

/** Several events of one command (same key) stay one memory: that of the last event. */
function remember(
  commands: readonly RememberedCommand[],
  command: RememberedCommand,
): readonly RememberedCommand[] {
  const all = commands.at(-1)?.keyHash === command.keyHash ? commands.slice(0, -1) : commands;
  const creation = all.filter(({ version }) => version === 1);
  const others = all.slice(creation.length);
  return [...creation, ...others.slice(-(REMEMBERED_COMMANDS - 1)), command];
}

const rejectionIn = ({ code, detail, field }: Rejection): Rejection => ({ code, detail, field });
