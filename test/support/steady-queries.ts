import { setTimeout as sleep } from 'node:timers/promises';
import type { BankService } from './bank.ts';

/** Queries that go on while something else happens. */
export interface SteadyQueries {
  /** Ends them. Answers how many there were and what went wrong. */
  stop(): Promise<{ readonly sent: number; readonly failures: readonly string[] }>;
}

/** Sends a query to one service after the other, `aSecond` in all; each must be answered with 200. */
export function steadyQueries(
  services: readonly BankService[],
  path: () => string,
  aSecond = 50,
): SteadyQueries {
  const abort = new AbortController();
  const { signal } = abort;
  const failures: string[] = [];
  const answers: Promise<void>[] = [];

  async function ask(service: BankService, asked: string): Promise<void> {
    try {
      const { status, text } = await service.get(asked);
      if (status !== 200) failures.push(`${asked}: ${status} ${text}`);
    } catch (error) {
      failures.push(`${asked}: ${String(error)}`);
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const service = services[answers.length % services.length];
      if (service !== undefined) answers.push(ask(service, path()));
      await sleep(1000 / aSecond, undefined, { signal }).catch(() => undefined);
    }
  }
  const running = run();

  return {
    async stop() {
      abort.abort();
      await running;
      await Promise.all(answers);
      return { sent: answers.length, failures };
    },
  };
}
