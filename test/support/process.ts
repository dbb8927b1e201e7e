import { createInterface } from 'node:readline';
import { describeExit, spawnGuarded } from '../../dev/stack/child.ts';
import type { Exit } from '../../dev/stack/child.ts';
import { eventually } from './await.ts';

const START_TIMEOUT_MS = 20_000;
const STOP_GRACE_MS = 15_000;
const READY_ANSWER_TIMEOUT_MS = 2_000;
const TOLD_LINES = 20;

export interface ServiceProcess {
  readonly pid: number;
  /** The lines printed so far. */
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Resolves when the process is gone, whoever ended it. */
  readonly exited: Promise<Exit>;
  /**
   * Resolves with the base address once GET /readyz answers 200. Fails with the last lines of the
   * output when the process ends or `timeoutMs` (20 seconds) pass before that.
   */
  ready(timeoutMs?: number): Promise<string>;
  /** Resolves with the base address once the service listens, ready or not. */
  listening(timeoutMs?: number): Promise<string>;
  /** SIGTERM, SIGKILL after 15 seconds; resolves when it is gone. */
  stop(): Promise<Exit>;
  /** Sends a signal and resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
}

/**
 * Runs `node ENTRY` with PORT=0 and HOST=127.0.0.1 and reads the port from the log line
 * `{"msg":"listening","port":N}`. Of this process's environment only PATH, HOME and TMPDIR are
 * passed on, so that a developer's NATS_URL never gets into a test.
 */
export async function startService(
  entry: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  const child = await spawnGuarded(process.execPath, [entry], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited(), NODE_ENV: 'test', HOST: '127.0.0.1', PORT: '0', ...env },
  });
  const stdout: string[] = [];
  const stderr: string[] = [];
  if (child.process.stdout) collect(child.process.stdout, stdout);
  if (child.process.stderr) collect(child.process.stderr, stderr);

  /** Waits for `probe`, but not longer than the process lives. */
  const until = async <T>(what: string, timeoutMs: number, probe: () => T | Promise<T>) => {
    const waiting = eventually(
      async () => (child.isRunning() ? { value: await probe() } : { value: null }),
      { timeoutMs, what },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${tail(stdout, stderr)}`, { cause: error });
    });
    const { value } = await waiting;
    if (value !== null) return value;
    const end = describeExit(await child.exited);
    throw new Error(`${entry} ended (${end}) before: ${what}\n${tail(stdout, stderr)}`);
  };
  const listening = (timeoutMs = START_TIMEOUT_MS) =>
    until('listening', timeoutMs, () => {
      const port = stdout.map(listeningPort).find((found) => found !== undefined);
      if (port === undefined) throw new Error('no log line says that it listens');
      return `http://127.0.0.1:${port}`;
    });
  return {
    pid: child.pid,
    stdout,
    stderr,
    exited: child.exited,
    listening,
    ready: async (timeoutMs = START_TIMEOUT_MS) => {
      const url = await listening(timeoutMs);
      return until('GET /readyz answers 200', timeoutMs, async () => {
        const answer = await fetch(`${url}/readyz`, {
          signal: AbortSignal.timeout(READY_ANSWER_TIMEOUT_MS),
        });
        if (answer.status === 200) return url;
        throw new Error(`it answers ${answer.status} ${await answer.text()}`);
      });
    },
    stop: () => child.stop(STOP_GRACE_MS),
    kill: (signal) => {
      child.process.kill(signal);
      return child.exited;
    },
  };
}

function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'JETBANK_CACHE', 'XDG_CACHE_HOME', 'NODE_V8_COVERAGE'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function collect(stream: NodeJS.ReadableStream, lines: string[]): void {
  createInterface({ input: stream }).on('line', (line) => lines.push(line));
}

function listeningPort(line: string): number | undefined {
  try {
    const entry = JSON.parse(line) as { readonly msg?: unknown; readonly port?: unknown } | null;
    return entry?.msg === 'listening' && typeof entry.port === 'number' ? entry.port : undefined;
  } catch {
    return undefined;
  }
}

function tail(stdout: readonly string[], stderr: readonly string[]): string {
  return [...stdout.slice(-TOLD_LINES), ...stderr.slice(-TOLD_LINES)].join('\n');
}
