import { isAccountId } from '../../event-store/subjects.ts';
import { ProblemError } from '../../platform/problem.ts';

/** A field of the request that cannot be read. `detail` is a sentence that names it. */
export const invalid = (field: string, detail: string) =>
  new ProblemError('invalid_request', detail, { errors: [{ pointer: `/${field}`, detail }] });

/** @throws ProblemError `invalid_request` */
export function readAccountId(text: string): string {
  const accountId = text.toLowerCase();
  if (isAccountId(accountId)) return accountId;
  throw invalid('accountId', 'accountId must be a UUID');
}
