import type { ProblemCode } from '../../platform/problem.ts';
import { problemResponses } from '../../platform/problem-schema.ts';

/** The ways a command can fail, for the OpenAPI description; `more` are those of one route. */
export const commandProblems = (...more: readonly ProblemCode[]) =>
  problemResponses(
    'invalid_request',
    'invalid_amount',
    'account_not_found',
    'concurrent_update',
    'version_mismatch',
    'payload_too_large',
    'unsupported_media_type',
    'idempotency_key_reused',
    'overloaded',
    'unavailable',
    'outcome_unknown',
    ...more,
  );
