import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../binaries/run.ts';
import { StackError, reasonOf } from '../stack-error.ts';

/** Creates the folder where it is missing; fails with `folder_unusable` when nothing can be written. */
export async function requireWritableFolder(folder: string, hint: string): Promise<void> {
  // A file is really written: permission bits say nothing about a read-only or full file system.
  const probe = join(folder, `.writable-${process.pid}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    throw new StackError(
      'folder_unusable',
      `the data folder ${folder} cannot be written (${reasonOf(error)}); choose another with ${hint}`,
      { cause: error },
    );
  }
}

/** The process id in `pidFile` when that process is alive and is a `program`. */
export async function liveProcessOf(pidFile: string, program: string): Promise<number | undefined> {
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).trim());
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const command = await commandOf(pid);
  return command.includes(program) ? pid : undefined;
}

/** The command line of a process; empty when there is none (the file's pid was of another day). */
async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  }
  return run('ps', ['-o', 'command=', '-p', String(pid)], { timeoutMs: 5_000 }).catch(() => '');
}
