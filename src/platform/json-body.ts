import { visit } from 'jsonc-parser';
import { messageOf } from './message-of.ts';
import { invalidField, ProblemError } from './problem.ts';

/** A JSON request body, with its numbers as they were written. */
export interface JsonBody {
  readonly value: unknown;
  /** JSON Pointer to the source text of the number that stands there: "/amount" to "500.0". */
  readonly numbers: ReadonlyMap<string, string>;
}

/**
 * Parses a body more strictly than JSON.parse: a member that stands twice is refused, since two
 * readers could disagree on which one counts, and the text of every number is kept, since a double
 * is not exact. Nor is one read that is nested deeper, or has longer names, than any schema here.
 * @throws ProblemError `invalid_request`, with a pointer where one member is at fault.
 */
export function parseJsonBody(bytes: Uint8Array): JsonBody {
  const text = decodeUtf8(bytes);
  try {
    return scan(text, JSON.parse(text));
  } catch (cause) {
    if (cause instanceof ProblemError) throw cause;
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

/** No schema of either service is nested deeper: a transfer's leg has its members on the third level. */
const MAX_DEPTH = 8;
/** No schema has a longer name, in characters. */
const MAX_NAME_LENGTH = 64;

/** An object or array that is not closed yet. */
interface Open {
  readonly pointer: string;
  /** The names so far; undefined for an array. */
  readonly names: Set<string> | undefined;
}

/**
 * A number's pointer holds every name and index above it. Without the two limits a small body could ask
 * for thousands of pointers of thousands of characters each, which takes seconds.
 */
function scan(text: string, value: unknown): JsonBody {
  const numbers = new Map<string, string>();
  const open: Open[] = [];

  function enter(pathOf: PathOf, names?: Set<string>): void {
    if (open.length === MAX_DEPTH) {
      const detail = `the body is nested deeper than ${MAX_DEPTH} levels`;
      throw new ProblemError('invalid_request', detail);
    }
    open.push({ pointer: pointerIn(open.at(-1), pathOf().at(-1)), names });
  }
  const leave = () => void open.pop();

  visit(
    text,
    {
      onObjectBegin: (_offset, _length, _line, _character, pathOf) => enter(pathOf, new Set()),
      onObjectEnd: leave,
      onArrayBegin: (_offset, _length, _line, _character, pathOf) => enter(pathOf),
      onArrayEnd: leave,
      onObjectProperty(name) {
        if (name.length > MAX_NAME_LENGTH) {
          const detail = `the body has a member with a name of more than ${MAX_NAME_LENGTH} characters`;
          throw new ProblemError('invalid_request', detail);
        }
        const parent = open.at(-1);
        if (parent?.names?.has(name) === true) {
          throw invalidField(pointerIn(parent, name), `${name} stands twice`);
        }
        parent?.names?.add(name);
      },
      onLiteralValue(literal, offset, length, _line, _character, pathOf) {
        if (typeof literal !== 'number') return;
        const pointer = pointerIn(open.at(-1), pathOf().at(-1));
        numbers.set(pointer, text.slice(offset, offset + length));
      },
    },
    { disallowComments: true },
  );
  return { value, numbers };
}

type PathOf = () => readonly (string | number)[];

/** RFC 6901: the pointer to a member or an item of what is open; to the root where nothing is. */
function pointerIn(parent: Open | undefined, token: string | number | undefined): string {
  if (parent === undefined) return '';
  const escaped = String(token).replaceAll('~', '~0').replaceAll('/', '~1');
  return `${parent.pointer}/${escaped}`;
}
