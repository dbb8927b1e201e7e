import { invalidField } from '../platform/problem.ts';

/**
 * Where a page ended, as an opaque text: the sort values of its last item. A page continues behind
 * them, so what is added or removed meanwhile neither repeats nor hides an item.
 */
export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** @throws ProblemError `invalid_request` for a text that is no cursor of this kind. */
export function decodeCursor<T extends readonly ('string' | 'number')[]>(
  cursor: string,
  ...types: T
): { [K in keyof T]: T[K] extends 'string' ? string : number } {
  const values = parse(cursor);
  const fits =
    Array.isArray(values) &&
    values.length === types.length &&
    types.every((type, index) => typeof values[index] === type) &&
    values.every((value) => typeof value === 'string' || Number.isSafeInteger(value));
  if (!fits) throw invalidField('/cursor', 'cursor must be a nextCursor of an earlier answer');
  return values as { [K in keyof T]: T[K] extends 'string' ? string : number };
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
