import type { AppendOutcome } from '../event-store/event-store.ts';
import type { CommandAnswer, CommandRequest } from './command.ts';

/** What the command service tells about its work, for metrics and logs. */
export interface CommandObserver {
  readonly answered: (request: CommandRequest, answer: CommandAnswer, milliseconds: number) => void;
  /** An append of so many events ended like this. */
  readonly appended: (outcome: AppendOutcome, events: number) => void;
  readonly cacheLookedUp: (hit: boolean) => void;
  readonly snapshotWritten: () => void;
  readonly snapshotFailed: (accountId: string, error: unknown) => void;
  readonly snapshotIgnored: (accountId: string, reason: string) => void;
  /** An event of the account is of no schema that this program knows: a newer release wrote it. */
  readonly undecodable: (accountId: string, error: Error) => void;
  /** The service's own fault: an error that no outcome stands for. */
  readonly failed: (accountId: string, error: unknown) => void;
}

export const silentObserver: CommandObserver = {
  answered: () => undefined,
  appended: () => undefined,
  cacheLookedUp: () => undefined,
  snapshotWritten: () => undefined,
  snapshotFailed: () => undefined,
  snapshotIgnored: () => undefined,
  undecodable: () => undefined,
  failed: () => undefined,
};
