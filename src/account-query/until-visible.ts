import { ProblemError } from '../platform/problem.ts';
import type { ProjectionPosition } from '../projections/position.ts';

/**
 * Waits until a write is visible in the read models; undefined waits for nothing. The account is the
 * one the write is of, where the query is about one.
 * @throws ProblemError `unavailable` when the read models do not get there in time.
 */
export type UntilVisible = (minSequence: number | undefined, accountId?: string) => Promise<void>;

/** How long a query waits for a write to become visible, in milliseconds. */
const VISIBILITY_TIMEOUT_MS = 2_000;

/** Waits for the projection to pass the write, whatever account it is of. */
export function untilVisible(position: ProjectionPosition): UntilVisible {
  return async (minSequence) => {
    if (minSequence === undefined) return;
    if (await position.waitFor(minSequence, VISIBILITY_TIMEOUT_MS)) return;
    const detail = `the read models are at stream sequence ${position.current()}, not yet ${minSequence}`;
    throw new ProblemError('unavailable', detail, { retryAfterSeconds: 1 });
  };
}
