import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StackError } from '../stack-error.ts';
import { spawnGuarded } from '../stack/child.ts';
import type { GuardedChild } from '../stack/child.ts';
import { obituary } from '../stack/obituary.ts';
import { poll } from '../stack/wait.ts';
import { keepServiceLog } from './service-log.ts';

const READY_TIMEOUT_MS = 60_000;
const READY_ANSWER_TIMEOUT_MS = 2_000;
const PROGRESS_EVERY_MS = 5_000;
/** The services give their requests 10 seconds to finish. */
const STOP_GRACE_MS = 12_000;
const TOLD_ANSWER_LENGTH = 200;

export interface ServiceOptions {
  readonly name: string;
  /** The program, run with this process's own Node. */
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  /** Base address that the service will have, without a slash at the end. */
  readonly url: string;
  readonly logFile: string;
  readonly print: (line: string) => void;
}

export interface Service {
  /** Resolves when GET /readyz answers 200; throws `not_ready` after a minute. */
  ready(): Promise<void>;
  /** Resolves with the text to tell when the process ended although nobody stopped it. */
  readonly failed: Promise<string>;
  /** SIGTERM, SIGKILL after 12 seconds; resolves when the process is gone. */
  stop(): Promise<void>;
}

/** Starts one of the services; its log goes to the file, warnings also to `print`. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { name, logFile, print } = options;
  await mkdir(dirname(logFile), { recursive: true });
  await writeFile(logFile, '');
  const child = await spawnGuarded(process.execPath, [options.entry], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: options.env,
  });
  const { stdout, stderr } = child.process;
  const logged = keepServiceLog(name, [stdout, stderr], logFile, print);
  let stopping = false;
  return {
    ready: () => untilReady(options, child),
    failed: new Promise((resolve) => {
      void child.exited.then(async (exit) => {
        await logged;
        if (!stopping) resolve(await obituary(name, exit, logFile));
      });
    }),
    stop: async () => {
      stopping = true;
      await child.stop(STOP_GRACE_MS);
      await logged;
    },
  };
}

async function untilReady(options: ServiceOptions, child: GuardedChild): Promise<void> {
  const { name, url, logFile, print } = options;
  const started = Date.now();
  let told = started;
  let lastAnswer = 'no answer';
  const ready = await poll(async () => {
    // `failed` tells of a service that has ended; nothing more is asked of it.
    if (!child.isRunning()) return false;
    const answer = await readiness(url);
    if (answer.status === 200) return true;
    lastAnswer = answer.text;
    if (Date.now() - told >= PROGRESS_EVERY_MS) {
      told = Date.now();
      print(`waiting for ${name} (${Math.round((told - started) / 1000)} s): ${lastAnswer}`);
    }
    return undefined;
  }, READY_TIMEOUT_MS);
  if (ready !== undefined) return;
  throw new StackError(
    'not_ready',
    `${name} was not ready after ${READY_TIMEOUT_MS / 1000} s (${lastAnswer}); its log: ${logFile}`,
  );
}

async function readiness(url: string): Promise<{ status: number; text: string }> {
  try {
    const answer = await fetch(`${url}/readyz`, {
      signal: AbortSignal.timeout(READY_ANSWER_TIMEOUT_MS),
    });
    const body = (await answer.text()).slice(0, TOLD_ANSWER_LENGTH);
    return { status: answer.status, text: `/readyz answers ${answer.status} ${body}` };
  } catch {
    return { status: 0, text: '/readyz does not answer yet' };
  }
}
