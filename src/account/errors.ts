/**
 * Why an account refuses a command. A value, not an exception: a refusal is an answer.
 *
 * `code` is the public code of the HTTP contract; `detail` is a sentence for people; `field` names
 * the member of the request at fault, where there is one.
 */
export interface DomainError {
  readonly code: DomainErrorCode;
  readonly detail: string;
  readonly field?: string;
}

export type DomainErrorCode =
  | 'account_not_found'
  | 'account_exists'
  | 'invalid_amount'
  | 'invalid_request'
  | 'insufficient_funds'
  | 'balance_limit_exceeded';

/** The log contradicts itself: a version that skips, or a balance that the fold does not arrive at. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError';
}
