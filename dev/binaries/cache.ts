import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { StackError, reasonOf } from '../stack-error.ts';

const TEMP_PREFIX = 'tmp-';

/**
 * Where fetched programs are kept, outside the repository so that a fresh clone has them already:
 * `$JETBANK_CACHE`, else `$XDG_CACHE_HOME/jetbank`, else `~/.cache/jetbank`.
 */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const chosen = env['JETBANK_CACHE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const xdg = env['XDG_CACHE_HOME'];
  if (xdg !== undefined && xdg !== '') return join(xdg, 'jetbank');
  return join(env['HOME'] ?? homedir(), '.cache', 'jetbank');
}

/**
 * The place of a cached program. The folder carries its version, so a program that is there is the
 * right one; the file has its plain name, so that process lists tell what runs.
 */
export function cachedProgram(env: NodeJS.ProcessEnv, folder: string, name: string): string {
  return join(cacheFolder(env), folder, name);
}

/**
 * Runs `use` with a temporary folder inside the cache (the same file system, so that a rename from
 * it is atomic) and removes the folder afterwards, also the ones that killed processes left behind.
 */
export async function withTempFolder<T>(
  env: NodeJS.ProcessEnv,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const cache = cacheFolder(env);
  const folder = await makeTempFolder(cache);
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Moves a finished program to its place; two processes doing so at once are both right. */
export async function installProgram(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
}

async function makeTempFolder(cache: string): Promise<string> {
  try {
    await mkdir(cache, { recursive: true });
    await removeAbandoned(cache);
    return await mkdtemp(join(cache, `${TEMP_PREFIX}${process.pid}-`));
  } catch (error) {
    throw new StackError(
      'folder_unusable',
      `the cache folder ${cache} cannot be written (${reasonOf(error)}); set JETBANK_CACHE to another`,
      { cause: error },
    );
  }
}

async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const pid = /^tmp-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(join(cache, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
