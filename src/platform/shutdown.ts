import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from './logger.ts';

/** A service that takes longer than this to stop, once it has drained, is ended, in milliseconds. */
const DEADLINE_MS = 10_000;

/** What is stopped first, second and last: no new requests, then the work begun, then connections. */
const PHASES = ['intake', 'work', 'connections'] as const;
type Phase = (typeof PHASES)[number];

export interface Shutdown {
  onStop(phase: Phase, step: () => Promise<void> | void): void;
  /** Aborted when the service was told to go: it serves on for a while, and says so to everybody. */
  readonly draining: AbortSignal;
  /** Aborted as soon as the service begins to stop. */
  readonly signal: AbortSignal;
  /** Runs the steps once, however often it is called. */
  stop(reason: string): Promise<void>;
}

/**
 * Orderly shutdown on SIGTERM and SIGINT, after `drainMs` in which whoever sends requests can find out
 * and turn elsewhere; a second signal cuts that short. After an error nobody caught it stops at once.
 */
export function installShutdown(log: Logger, drainMs: number): Shutdown {
  const steps: { phase: Phase; step: () => Promise<void> | void }[] = [];
  const draining = new AbortController();
  const drained = new AbortController();
  const controller = new AbortController();
  let stopping: Promise<void> | undefined;

  async function drain(reason: string): Promise<void> {
    if (draining.signal.aborted) drained.abort();
    draining.abort();
    if (drainMs === 0 || drained.signal.aborted) return;
    log.info({ reason, drainMs }, 'draining: not ready any more, but still serving');
    await sleep(drainMs, undefined, { signal: drained.signal }).catch(() => undefined);
  }

  async function runSteps(reason: string): Promise<void> {
    log.info({ reason }, 'stopping');
    const deadline = setTimeout(() => {
      log.fatal({ deadlineMs: DEADLINE_MS }, 'not stopped in time: exiting');
      process.exit(1);
    }, DEADLINE_MS);
    deadline.unref();
    draining.abort();
    drained.abort();
    controller.abort();
    for (const phase of PHASES) {
      for (const { step } of steps.filter((registered) => registered.phase === phase)) {
        try {
          await step();
        } catch (error) {
          log.error({ error, phase }, 'a step of the shutdown failed');
        }
      }
    }
    log.info('stopped');
    clearTimeout(deadline);
  }

  const stop = (reason: string) => (stopping ??= runSteps(reason));

  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      void drain(name)
        .then(() => stop(name))
        .then(() => process.exit(0));
    });
  }
  const crash = (error: unknown) => {
    log.fatal({ error }, 'an error nobody caught');
    void stop('error').then(() => process.exit(1));
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);

  return {
    onStop: (phase, step) => void steps.push({ phase, step }),
    draining: draining.signal,
    signal: controller.signal,
    stop,
  };
}
