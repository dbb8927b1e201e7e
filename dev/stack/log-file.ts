import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** A log that one run of a server writes, and where in the file that run's lines start. */
export interface RunLog {
  readonly file: string;
  readonly handle: FileHandle;
  readonly start: number;
}

/** Opens the log for one more run; the runs before it stay in the file only with `append`. */
export async function openRunLog(file: string, append: boolean): Promise<RunLog> {
  const handle = await open(file, append ? 'a' : 'w');
  return { file, handle, start: (await handle.stat()).size };
}

/** The complete lines that this run wrote so far. */
export async function linesOf(log: Pick<RunLog, 'file' | 'start'>): Promise<string[]> {
  const bytes = await readFile(log.file);
  return bytes
    .subarray(log.start)
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
}
