import type { AppendOutcome } from '../event-store/event-store.ts';
import type { CommandAnswer, CommandRequest } from './command.ts';

/** What the command service tells about its work, for metrics and logs. */
export interface CommandObserver {
  readonly answered: (request: CommandRequest, answer: CommandAnswer, milliseconds: number) => void;
  /** An append leaves; what is answered is to be told how it ended. */
  readonly appending: (size: AppendSize) => (outcome: AppendOutcome) => void;
  /** What was decided could not be appended for now: it is read and decided again. */
  readonly retried: (cause: RetryCause) => void;
  readonly cacheLookedUp: (hit: boolean) => void;
  /** An account's state was forgotten to make room for others. */
  readonly cacheEvicted: () => void;
  readonly snapshotWritten: () => void;
  readonly snapshotFailed: (accountId: string, error: unknown) => void;
  /** Too many snapshots wait: one goes unwritten. */
  readonly snapshotSkipped: () => void;
  readonly snapshotIgnored: (accountId: string, reason: string) => void;
  /** The log does not have what this process knows of the account: it was restored, or has lost its end. */
  readonly logSetBack: (accountId: string, reason: string) => void;
  /** An event of the account is of no schema that this program knows: a newer release wrote it. */
  readonly undecodable: (accountId: string, error: Error) => void;
  /** The service's own fault: an error that no outcome stands for. */
  readonly failed: (accountId: string, error: unknown) => void;
}

export interface AppendSize {
  readonly events: number;
  /** Commands that the events are of. */
  readonly commands: number;
}

export type RetryCause = 'conflict' | 'unavailable';

export const silentObserver: CommandObserver = {
  answered: () => undefined,
  appending: () => () => undefined,
  retried: () => undefined,
  cacheLookedUp: () => undefined,
  cacheEvicted: () => undefined,
  snapshotWritten: () => undefined,
  snapshotFailed: () => undefined,
  snapshotSkipped: () => undefined,
  snapshotIgnored: () => undefined,
  logSetBack: () => undefined,
  undecodable: () => undefined,
  failed: () => undefined,
};
