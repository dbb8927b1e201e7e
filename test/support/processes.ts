import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { eventually } from './await.ts';

/** Whether a process is there and not just a corpse that nobody collected. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export interface RunningProgram {
  readonly pid: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** The exit code, or the signal's name. */
  readonly exit: Promise<number | string>;
  kill(signal: NodeJS.Signals): void;
  /** The first match of `pattern` in stdout; fails when the program ends before. */
  printed(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
}

/** Runs `node ARGS` with this process's environment and `env` on top. */
export function runNode(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd?: string,
): RunningProgram {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const stdout: string[] = [];
  const stderr: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => stdout.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line));
  let ended: number | string | undefined;
  const exit = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => {
      ended = signal ?? code ?? 'unknown';
      resolve(ended);
    });
  });
  return {
    pid: child.pid ?? 0,
    stdout,
    stderr,
    exit,
    kill: (signal) => void child.kill(signal),
    printed: async (pattern, timeoutMs = 15_000) => {
      const { match } = await eventually(
        () => {
          const found = pattern.exec(stdout.join('\n'));
          return found === null && ended === undefined ? null : { match: found };
        },
        { timeoutMs, what: `${String(pattern)} in stdout` },
      );
      if (match !== null) return match;
      throw new Error(`ended (${ended ?? ''}): ${[...stdout, ...stderr].join('\n')}`);
    },
  };
}
