import type { Logger } from './logger.ts';

/** A service that takes longer than this to stop is ended, in milliseconds. */
const DEADLINE_MS = 10_000;

export interface Shutdown {
  /** Registers a step; steps run one after another, the last registered first. */
  onStop(name: string, step: () => Promise<void> | void): void;
  /** Aborted as soon as the service begins to stop. */
  readonly signal: AbortSignal;
  /** Runs the steps once, however often it is called. */
  stop(reason: string): Promise<void>;
}

/** Orderly shutdown on SIGTERM and SIGINT, and after an error nobody caught. */
export function installShutdown(log: Logger): Shutdown {
  const steps: { name: string; step: () => Promise<void> | void }[] = [];
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
    for (const { name, step } of steps.reverse()) {
      try {
        await step();
      } catch (error) {
        log.error({ error, step: name }, 'a step of the shutdown failed');
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
    onStop: (name, step) => void steps.push({ name, step }),
    signal: controller.signal,
    stop,
  };
}
