import { invalidField } from './problem.ts';

const RFC_3339 =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d{1,9}))?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/** Digits of a second that the log's times have. */
const MILLISECOND_DIGITS = 3;

/**
 * A time of RFC 3339 as whole milliseconds, which is what the log's times are. A finer one lies
 * between two of them: `up` gives the later, right for "from this on" and "before this", `down` the
 * earlier, right for "up to this".
 * @throws ProblemError `invalid_request` naming the field.
 */
export function readTime(
  field: string,
  text: string,
  finer: 'up' | 'down',
  place: 'url' | 'body' = 'url',
): Date {
  const match = RFC_3339.exec(text);
  if (match === null) {
    const escape = place === 'url' ? ', with + as %2B' : '';
    const detail = `${field} must be a time of RFC 3339 such as 2026-11-22T18:59:34Z${escape}`;
    throw invalidField(`/${field}`, detail);
  }
  const [, day = '', fraction = ''] = match;
  const milliseconds = Date.parse(text.toUpperCase());
  // 30 February would be read as 2 March.
  const dayExists = () => new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
  if (Number.isNaN(milliseconds) || !dayExists()) {
    throw invalidField(`/${field}`, `${field} names a day that does not exist`);
  }
  const between = /[1-9]/.test(fraction.slice(MILLISECOND_DIGITS));
  return new Date(milliseconds + (between && finer === 'up' ? 1 : 0));
}
