import type { FastifyRequest } from 'fastify';
import { ProblemError } from '../../platform/problem.ts';
import { problemResponses } from '../../platform/problem-schema.ts';
import { withTimeout } from '../../platform/timeout.ts';

/** A query that MongoDB does not answer in time is given up, in milliseconds. */
const QUERY_TIMEOUT_MS = 3_000;

export const queryProblems = problemResponses('invalid_request', 'unavailable');
export const accountProblems = problemResponses(
  'invalid_request',
  'account_not_found',
  'unavailable',
);

export const accountNotFound = () =>
  new ProblemError(
    'account_not_found',
    'there is no account with this id; one just created shows up with minSequence',
  );

/** Answers 503 where MongoDB does not: commands go on meanwhile, and so will this. */
export async function available<T>(request: FastifyRequest, query: () => Promise<T>): Promise<T> {
  try {
    return await withTimeout(query(), QUERY_TIMEOUT_MS);
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    request.log.warn({ error, requestId: request.id }, 'MongoDB did not answer a query');
    const detail = 'the read models cannot be read right now; commands go on meanwhile';
    throw new ProblemError('unavailable', detail, { retryAfterSeconds: 1, cause: error });
  }
}
