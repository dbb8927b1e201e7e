/**
 * Why an account refuses a command. A value, not an exception: a refusal is an answer.
 *
 * `code` is the public code of the HTTP contract; `detail` is a sentence for people; `field` names
 * the member of the request at fault, where there is one, as the path of a JSON Pointer without its
 * first slash: `amount`, `legs/2/amount`.
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
  | 'balance_limit_exceeded'
  | 'account_frozen'
  | 'account_not_frozen'
  | 'account_closed'
  | 'account_not_empty'
  | 'currency_mismatch'
  | 'same_account'
  | 'hold_not_found'
  | 'hold_exceeded'
  | 'too_many_holds'
  | 'overdraft_in_use';

/** The log contradicts itself: a version that skips, or a balance that the fold does not arrive at. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError';
}
