import { messageOf } from './message-of.ts';
import { withTimeout } from './timeout.ts';

/** What a dependency's check found. */
export interface Health {
  readonly ok: boolean;
  /** For people: what it is connected to, or what is wrong. */
  readonly detail: string;
}

export type HealthCheck = () => Promise<Health> | Health;

/** A check that takes longer than this has failed, in milliseconds. */
const CHECK_TIMEOUT_MS = 1_000;

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, Health>>;
}

/** Runs all checks side by side; one that throws or hangs has failed. */
export async function readinessOf(
  checks: Readonly<Record<string, HealthCheck>>,
): Promise<Readiness> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await bounded(check)] as const),
  );
  return {
    ready: results.every(([, health]) => health.ok),
    checks: Object.fromEntries(results),
  };
}

async function bounded(check: HealthCheck): Promise<Health> {
  try {
    return await withTimeout(Promise.resolve(check()), CHECK_TIMEOUT_MS);
  } catch (error) {
    return { ok: false, detail: messageOf(error) };
  }
}
