import type { Logger } from './logger.ts';

/** A service that takes longer than this to stop is ended, in milliseconds. */
const DEADLINE_MS = 10_000;

/** What is stopped first, second and last: no new requests, then the work begun, then connections. */
const PHASES = ['intake', 'work', 'connections'] as const;
type Phase = (typeof PHASES)[number];

export interface Shutdown {
  onStop(phase: Phase, step: () => Promise<void> | void): void;
  /** Aborted as soon as the service begins to stop. */
  readonly signal: AbortSignal;
  /** Runs the steps once, however often it is called. */
  stop(reason: string): Promise<void>;
}

/** Orderly shutdown on SIGTERM and SIGINT, and after an error nobody caught. */
export function installShutdown(log: Logger): Shutdown {
  const steps: { phase: Phase; step: () => Promise<void> | void }[] = [];
  const controller = new AbortController();
  let stopping: Promise<void> | undefined;

  async function runSteps(reason: string): Promise<void> {
    log.info({ reason }, 'stopping');
    const deadline = setTimeout(() => {
      log.fatal({ deadlineMs: DEADLINE_MS }, 'not stopped in time: exiting');
      process.exit(1);
    }, DEADLINE_MS);
    deadline.unref();
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
    process.on(name, () => void stop(name).then(() => process.exit(0)));
  }
  const crash = (error: unknown) => {
    log.fatal({ error }, 'an error nobody caught');
    void stop('error').then(() => process.exit(1));
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);

  return {
    onStop: (phase, step) => void steps.push({ phase, step }),
    signal: controller.signal,
    stop,
  };
}
