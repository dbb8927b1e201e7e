import { SnapshotRefusedError } from '../../event-store/jetstream/stream-snapshot.ts';
import { messageOf } from '../../platform/message-of.ts';
import { CliError } from '../cli-error.ts';

/** Where a file of the server may be damaged. */
export const SUSPECT = 'This is no backup: try again, and run "jetbank verify"';

const FILE_CALLS: readonly unknown[] = ['open', 'write', 'fsync', 'close'];

/** Why a backup could not be taken into this file, and what to do. */
export function noBackup(error: unknown, path: string): CliError {
  const reason = messageOf(error);
  if (error instanceof Error && 'syscall' in error && FILE_CALLS.includes(error.syscall)) {
    return new CliError(
      `${path} cannot be written: ${reason}. This is no backup: make room, or name another folder`,
    );
  }
  const advice = error instanceof SnapshotRefusedError ? SUSPECT : 'This is no backup: try again';
  return new CliError(`${reason}. ${advice}`);
}
