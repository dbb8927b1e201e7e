import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { run } from './run.ts';

const VERSION_TIMEOUT_MS = 10_000;

export interface WantedProgram {
  readonly name: string;
  /** Arguments that make it print its version. */
  readonly versionArgs: readonly string[];
  /** What is acceptable, in words: `2.12 or newer`. */
  readonly wanted: string;
  readonly accepts: (version: string) => boolean;
}

export type PathLookup =
  | { readonly found: true; readonly path: string; readonly version: string }
  /** `why` is half a sentence: `PATH has no mongod`. */
  | { readonly found: false; readonly why: string };

/** The first acceptable program on PATH; a program that does not run or is too old is passed by. */
export async function findOnPath(
  program: WantedProgram,
  env: NodeJS.ProcessEnv,
): Promise<PathLookup> {
  let why = `PATH has no ${program.name}`;
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    // An empty or relative entry would make the choice depend on the working directory.
    if (!isAbsolute(folder)) continue;
    const path = join(folder, program.name);
    if (!(await isExecutable(path))) continue;
    const version = await versionOf(path, program.versionArgs, env);
    if (version !== undefined && program.accepts(version)) return { found: true, path, version };
    why =
      version === undefined
        ? `${path} does not tell its version`
        : `${path} is ${version}, not ${program.wanted}`;
  }
  return { found: false, why };
}

/** `major.minor[.patch]` of what the program prints, or undefined when it does not run. */
export async function versionOf(
  path: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  try {
    const printed = await run(path, args, { env, timeoutMs: VERSION_TIMEOUT_MS });
    return /(\d+\.\d+(?:\.\d+)?)/.exec(printed)?.[1];
  } catch {
    return undefined;
  }
}

export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Compares as far as `minimum` goes: 2.12.0 is at least 2.12. */
export function isAtLeast(version: string, minimum: string): boolean {
  const have = version.split('.').map(Number);
  for (const [index, wanted] of minimum.split('.').map(Number).entries()) {
    const part = have[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
