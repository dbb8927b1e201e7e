import type { FastifyRequest } from 'fastify';
import { IntegrityError } from '../../account/errors.ts';
import { UndecodablePayloadError } from '../../event-store/avro/single-object.ts';
import { ProblemError } from '../../platform/problem.ts';
import { problemResponses } from '../../platform/problem-schema.ts';
import { withTimeout } from '../../platform/timeout.ts';
import type { EventLog } from '../past-account.ts';

/** A query that MongoDB does not answer in time is given up, in milliseconds. */
const QUERY_TIMEOUT_MS = 3_000;

/** Likewise a query of the log, which may have to fold a long history. */
const LOG_TIMEOUT_MS = 8_000;

export const queryProblems = problemResponses('invalid_request', 'unavailable');
export const accountProblems = problemResponses(
  'invalid_request',
  'account_not_found',
  'unavailable',
);

export const accountNotFound = (
  detail = 'there is no account with this id; one just created shows up with minSequence',
) => new ProblemError('account_not_found', detail);

/**
 * Answers 503 where the log cannot be read: not connected yet, away, or not done in time. The signal
 * is aborted when the time is up.
 */
export async function logAvailable<T>(
  request: FastifyRequest,
  log: () => EventLog | undefined,
  query: (log: EventLog, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const current = log();
  if (current === undefined) throw unavailable('the log is not connected yet');
  const signal = AbortSignal.timeout(LOG_TIMEOUT_MS);
  try {
    return await withTimeout(query(current, signal), LOG_TIMEOUT_MS);
  } catch (error) {
    if (error instanceof ProblemError || error instanceof IntegrityError) throw error;
    request.log.warn({ error }, 'the log did not answer a query');
    // To ask again does not help: without Retry-After.
    if (error instanceof UndecodablePayloadError) {
      const detail = `the account has an event that this release cannot read: ${error.message}`;
      throw new ProblemError('unavailable', detail, { cause: error });
    }
    throw unavailable('the log cannot be read right now', error);
  }
}

/** Answers 503 where MongoDB does not: commands go on meanwhile, and so will this. */
export async function available<T>(
  request: FastifyRequest,
  query: () => Promise<T>,
  timeoutMs = QUERY_TIMEOUT_MS,
): Promise<T> {
  try {
    return await withTimeout(query(), timeoutMs);
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    request.log.warn({ error }, 'MongoDB did not answer a query');
    throw unavailable('the read models cannot be read right now; commands go on meanwhile', error);
  }
}

const unavailable = (detail: string, cause?: unknown) =>
  new ProblemError('unavailable', detail, { retryAfterSeconds: 1, cause });
