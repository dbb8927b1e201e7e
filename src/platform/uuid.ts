import { invalidField } from './problem.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The UUID that stands in a field of a request, in lower case. @throws ProblemError `invalid_request` */
export function readUuid(field: string, text: string): string {
  if (!UUID.test(text)) throw invalidField(`/${field}`, `${field} must be a UUID`);
  return text.toLowerCase();
}
