import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { readKeysFile } from '../platform/auth/api-keys.ts';
import type { KeyEntry } from '../platform/auth/api-keys.ts';
import { messageOf } from '../platform/message-of.ts';
import { CliError } from './cli-error.ts';

/** A new file is its owner's alone. */
const OWNER_ONLY = 0o600;
const PERMISSIONS = 0o7777;

/** The keys of the file. @throws CliError, also where there is no such file. */
export function readKeys(path: string): readonly KeyEntry[] {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    throw new CliError(`${path}: there is no such file; "jetbank keys create" makes it`);
  }
  try {
    return readKeysFile(path).keys;
  } catch (cause) {
    throw new CliError(`${path}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Puts what `change` makes of the keys in their place, in one step: a service that reads the file at
 * that moment sees the old keys or the new ones, and may read both: owner and mode stay.
 * PATH.new is the lock as well, so that no change is based on keys that another one replaces.
 * Where there is no file, only `create` makes it.
 * @throws CliError, and what `change` throws; the file is then as it was.
 */
export function changeKeys(
  path: string,
  change: (keys: readonly KeyEntry[]) => readonly KeyEntry[],
  create = false,
): void {
  const next = `${path}.new`;
  const file = openAlone(next);
  try {
    try {
      const old = statSync(path, { throwIfNoEntry: false });
      const keys = change(create && old === undefined ? [] : readKeys(path));
      if (old !== undefined) giveTo(old, file, path);
      writeFileSync(file, `${JSON.stringify({ keys }, undefined, 2)}\n`, { flush: true });
    } finally {
      closeSync(file);
    }
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}

function openAlone(next: string): number {
  try {
    return openSync(next, 'wx', OWNER_ONLY);
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    const message = exists
      ? `another keys command is running, or one was killed: if none is running, remove ${next}`
      : `${next} cannot be written: ${messageOf(cause)}`;
    throw new CliError(message, { cause });
  }
}

/** Without this, a file that root changed could not be read by the service, which keeps the old keys then. */
function giveTo({ uid, gid, mode }: Stats, file: number, path: string): void {
  const made = fstatSync(file);
  try {
    if (made.uid !== uid || made.gid !== gid) fchownSync(file, uid, gid);
    // Not at its making: the umask would take from it.
    fchmodSync(file, mode & PERMISSIONS);
  } catch (cause) {
    throw new CliError(
      `${path} is of user ${uid}, group ${gid}, and would not be afterwards (${messageOf(cause)}): ` +
        'nothing was changed; run this as that user, or as root',
      { cause },
    );
  }
}
