import { eventToJson } from '../event-store/payload-json.ts';
import type { EventReader } from '../event-store/event-store.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { pageOf } from './page.ts';
import type { Page, PageRequest } from './page.ts';

export interface HistoryRequest extends PageRequest {
  /** The version to begin with; 1 is the first. */
  readonly fromVersion: number;
}

/** Events read at once while looking for a version. */
const PART = 1_000;

/**
 * The account's events as JSON, oldest first; undefined for an account that has none. `hint` answers
 * a stream sequence before the version's, to begin the search at, where one is known.
 */
export async function accountHistory(
  events: EventReader,
  accountId: string,
  { limit, cursor, fromVersion }: HistoryRequest,
  hint: (version: number) => Promise<number>,
  signal: AbortSignal,
): Promise<Page<Record<string, unknown>> | undefined> {
  const scope = [accountId, fromVersion];
  const begin =
    cursor === undefined
      ? await sequenceBefore(events, accountId, fromVersion, hint, signal)
      : decodeCursor(scope, cursor, 'number')[0];
  const found = begin === undefined ? [] : await events.history(accountId, begin, limit + 1);
  if (found.length === 0 && (await events.head(accountId, 'leader')) === undefined)
    return undefined;
  const page = pageOf(found, limit, ({ sequence }) => encodeCursor(scope, [sequence]));
  return { ...page, items: page.items.map(eventToJson) };
}

/** A stream sequence that only the events before the version reach; undefined beyond the last one. */
async function sequenceBefore(
  events: EventReader,
  accountId: string,
  version: number,
  hint: (version: number) => Promise<number>,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (version === 1) return 0;
  for (let sequence = await hint(version); ;) {
    signal.throwIfAborted();
    const part = await events.history(accountId, sequence, PART);
    const found = part.find(({ event }) => event.version >= version);
    if (found !== undefined) return found.sequence - 1;
    if (part.length < PART) return undefined;
    sequence = part.at(-1)?.sequence ?? sequence;
  }
}
