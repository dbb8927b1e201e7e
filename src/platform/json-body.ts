import { visit } from 'jsonc-parser';
import { messageOf } from './message-of.ts';
import type { FieldError } from './problem.ts';
import { ProblemError } from './problem.ts';

/** A JSON request body, with its numbers as they were written. */
export interface JsonBody {
  readonly value: unknown;
  /** JSON Pointer to the source text of the number that stands there: "/amount" to "500.0". */
  readonly numbers: ReadonlyMap<string, string>;
}

/**
 * Parses a body more strictly than JSON.parse: a member that stands twice is refused, since two
 * readers could disagree on which one counts, and the text of every number is kept, since a double
 * is not exact.
 * @throws ProblemError `invalid_request`, with a pointer where one member is at fault.
 */
export function parseJsonBody(bytes: Uint8Array): JsonBody {
  const text = decodeUtf8(bytes);
  try {
    return scan(text, JSON.parse(text));
  } catch (cause) {
    if (cause instanceof ProblemError) throw cause;
    // Not JSON, or nested so deeply that the stack does not hold it.
    throw new ProblemError('invalid_request', `the body is not JSON: ${messageOf(cause)}`, {
      cause,
    });
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new ProblemError('invalid_request', 'the body is not UTF-8', { cause });
  }
}

function scan(text: string, value: unknown): JsonBody {
  const numbers = new Map<string, string>();
  const duplicates: FieldError[] = [];
  const seen = new Set<string>();
  visit(
    text,
    {
      onObjectProperty(name, _offset, _length, _line, _character, pathOf) {
        const pointer = pointerTo([...pathOf(), name]);
        if (seen.has(pointer)) duplicates.push({ pointer, detail: `${name} stands twice` });
        seen.add(pointer);
      },
      onLiteralValue(literal, offset, length, _line, _character, pathOf) {
        if (typeof literal !== 'number') return;
        numbers.set(pointerTo(pathOf()), text.slice(offset, offset + length));
      },
    },
    { disallowComments: true },
  );
  const [first] = duplicates;
  if (first !== undefined) {
    throw new ProblemError('invalid_request', first.detail, { errors: duplicates });
  }
  return { value, numbers };
}

/** RFC 6901. */
function pointerTo(path: readonly (string | number)[]): string {
  return path
    .map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
