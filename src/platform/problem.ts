/**
 * The catalogue of problems that a service answers with: code, HTTP status, title.
 * One list, so that the documentation and the answers cannot differ.
 */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_amount: { status: 400, title: 'The amount is not valid' },
  unauthenticated: { status: 401, title: 'Who sent the request is not known' },
  insufficient_scope: { status: 403, title: 'The caller may not do this' },
  account_not_found: { status: 404, title: 'There is no such account' },
  route_not_found: { status: 404, title: 'There is no such route' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  hold_not_found: { status: 404, title: 'There is no such hold' },
  account_exists: { status: 409, title: 'The account exists already' },
  account_frozen: { status: 409, title: 'The account is frozen' },
  account_not_frozen: { status: 409, title: 'The account is not frozen' },
  account_closed: { status: 409, title: 'The account is closed' },
  account_not_empty: { status: 409, title: 'The account is not empty' },
  concurrent_update: { status: 409, title: 'The account is being changed by others: try again' },
  version_mismatch: { status: 412, title: 'The account has moved on' },
  payload_too_large: { status: 413, title: 'The request body is too large' },
  unsupported_media_type: { status: 415, title: 'The request body must be application/json' },
  insufficient_funds: { status: 422, title: 'The balance does not cover the amount' },
  balance_limit_exceeded: { status: 422, title: 'The balance would become too large' },
  currency_mismatch: { status: 422, title: 'The accounts are in different currencies' },
  same_account: { status: 422, title: 'Both sides are the same account' },
  hold_exceeded: { status: 422, title: 'The amount is more than the hold' },
  too_many_holds: { status: 422, title: 'The account has too many open holds' },
  overdraft_in_use: { status: 422, title: 'More of the overdraft is in use' },
  idempotency_key_reused: { status: 422, title: 'The key belongs to another request' },
  rate_limited: { status: 429, title: 'The caller sends too many requests: try again shortly' },
  headers_too_large: { status: 431, title: 'The request headers are too large' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  overloaded: { status: 503, title: 'Too much to do: try again shortly' },
  unavailable: { status: 503, title: 'Not available right now: try again shortly' },
  outcome_unknown: { status: 504, title: 'Outcome unknown: retry with the same Idempotency-Key' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Those that pass: the answer says in `Retry-After` when the same request makes sense again. */
export const RETRYABLE: ReadonlySet<ProblemCode> = new Set([
  'concurrent_update',
  'rate_limited',
  'overloaded',
  'unavailable',
  'outcome_unknown',
]);

/** A member of the request at fault: a JSON Pointer (RFC 6901) and what is wrong with it. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** An answer of RFC 9457, `application/problem+json`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: ProblemCode;
  readonly requestId: string;
  readonly errors?: readonly FieldError[];
}

interface ProblemOptions {
  readonly errors?: readonly FieldError[];
  /** Seconds after which a retry makes sense: sent as `Retry-After`. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** Thrown in a route to answer with a problem. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** A problem with one member of the request; `pointer` is a JSON Pointer such as `/amount`. */
export function invalidField(
  pointer: string,
  detail: string,
  code: ProblemCode = 'invalid_request',
): ProblemError {
  return new ProblemError(code, detail, { errors: [{ pointer, detail }] });
}

export function problemOf(error: ProblemError, instance: string, requestId: string): Problem {
  const { status, title } = PROBLEMS[error.code];
  return {
    type: `urn:jetbank:problem:${error.code}`,
    title,
    status,
    detail: error.message,
    instance,
    code: error.code,
    requestId,
    ...(error.errors !== undefined && { errors: error.errors }),
  };
}
