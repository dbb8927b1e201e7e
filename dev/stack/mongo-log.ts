/** The first complaints name the cause; what follows are the consequences. */
const TOLD_COMPLAINTS = 2;

interface LogEntry {
  readonly s?: unknown;
  readonly msg?: unknown;
  readonly attr?: { readonly error?: unknown; readonly message?: unknown };
}

/** What the errors in mongod's log say to a person. */
export function complaintsOf(lines: readonly string[]): string[] {
  return lines
    .map(complaintOf)
    .filter((text) => text !== undefined)
    .slice(0, TOLD_COMPLAINTS);
}

function complaintOf(line: string): string | undefined {
  const entry = parse(line);
  // Complaints about the command line come before the log turns into JSON.
  if (entry === undefined) return line;
  if (entry.s !== 'E' && entry.s !== 'F') return undefined;
  return [entry.msg, detailOf(entry)].filter((part) => typeof part === 'string').join(': ');
}

function detailOf({ attr }: LogEntry): string | undefined {
  const detail = attr?.message ?? attr?.error;
  if (typeof detail === 'object' && detail !== null && 'msg' in detail) return String(detail.msg);
  return detail === undefined || typeof detail === 'string' ? detail : JSON.stringify(detail);
}

function parse(line: string): LogEntry | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null ? entry : undefined;
  } catch {
    return undefined;
  }
}
