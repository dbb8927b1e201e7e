import { shortHash } from '../account/record.ts';
import { invalidField } from '../platform/problem.ts';
import type { ProblemError } from '../platform/problem.ts';

type Types = readonly ('string' | 'number')[];
type Values<T extends Types> = { [K in keyof T]: T[K] extends 'string' ? string : number };

/**
 * Where a page ended, as an opaque text: the sort values of its last item. A page continues behind
 * them, so what is added or removed meanwhile neither repeats nor hides an item. `query` is what the
 * page was asked for: its cursor continues no other.
 */
export function encodeCursor(query: unknown, values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([...values, scopeOf(query)])).toString('base64url');
}

/** @throws ProblemError `invalid_request` for a text that is no cursor of this kind or of this query. */
export function decodeCursor<T extends Types>(
  query: unknown,
  cursor: string,
  ...types: T
): Values<T> {
  const parsed = parse(cursor);
  const values: unknown[] = Array.isArray(parsed) ? parsed.slice(0, -1) : [];
  const fits =
    Array.isArray(parsed) &&
    values.length === types.length &&
    types.every((type, index) => typeof values[index] === type) &&
    values.every((value) => typeof value === 'string' || isWhole(value));
  if (!fits) throw invalidCursor('cursor must be a nextCursor of an earlier answer');
  if (parsed.at(-1) !== scopeOf(query)) {
    throw invalidCursor('cursor belongs to another sort or filter');
  }
  return values as Values<T>;
}

/** The problem of a cursor that continues nothing. */
export function invalidCursor(detail: string): ProblemError {
  return invalidField('/cursor', detail);
}

/** All numbers of cursors are versions or stream sequences. */
const isWhole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

const scopeOf = (query: unknown) => shortHash(JSON.stringify(query));

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
