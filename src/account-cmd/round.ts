import { UndecodablePayloadError } from '../event-store/avro/single-object.ts';
import { messageOf } from '../platform/message-of.ts';
import type { KnownAccounts } from './known-accounts.ts';
import type { Obstacle, OpenCommands } from './open-commands.ts';
import type { WorkerContext } from './worker-context.ts';

/** What the worker of one batch works with. */
export interface Work {
  readonly context: WorkerContext;
  readonly known: KnownAccounts;
  readonly open: OpenCommands;
}

/** What one round of the worker, from the known states to an append, leaves behind. */
export interface Round {
  /** How many commands the next append takes at most. */
  readonly limit: number;
  /** Set when the round was in vain: the next one waits a little. */
  readonly obstacle?: Obstacle;
}

/** The obstacle of a round that could not read the log. */
export const unreadable = (error: unknown): Obstacle => {
  const what =
    error instanceof UndecodablePayloadError
      ? 'the account has an event that this release cannot read'
      : 'the log cannot be read';
  return { kind: 'unavailable', detail: `${what}: ${messageOf(error)}` };
};
