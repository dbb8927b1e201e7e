import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { StackError, reasonOf } from '../stack-error.ts';

/** How a process ended: exactly one of the two is not null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that ends when this one does, however this one ends. */
export interface GuardedChild {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Resolves, never rejects, once the process is gone and its output is read. */
  readonly exited: Promise<Exit>;
  readonly isRunning: () => boolean;
  /** SIGTERM, then SIGKILL after `graceMs` milliseconds. Does nothing on an ended process. */
  readonly stop: (graceMs: number) => Promise<Exit>;
}

export interface ChildOptions {
  readonly stdio: StdioOptions;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Starts a process in a session of its own, so that a terminal's Ctrl-C reaches only this process,
 * which then stops its children in the right order.
 */
export async function spawnGuarded(
  command: string,
  args: readonly string[],
  options: ChildOptions,
): Promise<GuardedChild> {
  const child = spawn(command, args, {
    stdio: options.stdio,
    env: options.env ?? process.env,
    detached: true,
  });
  const closed = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const pid = await spawned(child, command);
  const dismissGuard = guardAgainstOrphaning(pid);
  const exited = closed.then(async (exit) => {
    await dismissGuard();
    return exit;
  });
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    process: child,
    pid,
    exited,
    isRunning,
    stop: async (graceMs) => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      const exit = await exited;
      clearTimeout(timer);
      return exit;
    },
  };
}

/** In words, for messages: `exit code 1`, `SIGKILL`. */
export function describeExit(exit: Exit): string {
  return exit.signal ?? `exit code ${exit.code ?? 'unknown'}`;
}

function spawned(child: ChildProcess, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    child.once('error', (error) => {
      const message = `${command} cannot be run: ${reasonOf(error)}`;
      reject(new StackError('binary_missing', message, { cause: error }));
    });
  });
}

/**
 * A shell that waits on a pipe from this process. The kernel closes the pipe when this process ends
 * for whatever reason, `kill -9` included, which no handler in it could see; the shell then stops
 * the child (SIGTERM, SIGKILL after 10 seconds) and ends. Returns what ends the shell before that.
 */
function guardAgainstOrphaning(pid: number): () => Promise<void> {
  const script = [
    'read -r _',
    'kill -TERM "$1"',
    'n=0; while kill -0 "$1" && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done',
    'kill -KILL "$1"',
  ].join('\n');
  const guard = spawn('/bin/sh', ['-c', script, 'guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const gone = new Promise<void>((resolve) => {
    guard.once('error', () => resolve());
    guard.once('exit', () => resolve());
  });
  guard.stdin.on('error', () => undefined);
  // Neither the shell nor its pipe keeps this process from ending.
  guard.unref();
  unrefStream(guard.stdin);
  return async () => {
    guard.ref();
    guard.kill('SIGKILL');
    await gone;
  };
}

function unrefStream(stream: unknown): void {
  if (typeof stream === 'object' && stream !== null && 'unref' in stream) {
    const { unref } = stream;
    if (typeof unref === 'function') unref.call(stream);
  }
}
