import pLimit from 'p-limit';
import type { EventReader } from '../../event-store/event-store.ts';
import { isUnreadable } from '../../event-store/log-entry.ts';
import type { LogEntry } from '../../event-store/log-entry.ts';
import type { LiveFeed } from './feed.ts';
import { frameOf } from './ring.ts';
import type { Stretch } from './ring.ts';

export interface LiveRequest {
  /** Stream sequence of the last event that the client has. */
  readonly after: number;
  /** Only the events of this account. */
  readonly accountId: string | undefined;
  /** After so long without an event a comment is sent, as soon as the feed looks up, in milliseconds. */
  readonly heartbeatMs: number;
  readonly signal: AbortSignal;
}

/** How long a client waits before it connects again, in milliseconds: told at the beginning. */
const RECONNECT_MS = 1_000;

/** Events that a client which is far behind reads from the log at once. */
const OWN_PART = 256;

/** Messages of all accounts that one is picked from where its own next one cannot be read. */
const SCANNED_PART = 4_096;

/** Clients that read from the log by themselves at the same time. */
const OWN_READS = 4;
const ownReads = pLimit(OWN_READS);

/**
 * The log after a stream sequence as Server-Sent Events (WHATWG HTML, 9.2), in its order, none
 * missing and none twice, until the signal is aborted. It is read no quicker than it is taken:
 * a client that falls behind what the feed holds reads the log for itself until it has caught up.
 * A message that cannot be read is left out: it would stand in everybody's way for ever.
 */
export async function* liveEvents(
  feed: LiveFeed,
  log: EventReader,
  { after, accountId, heartbeatMs, signal }: LiveRequest,
): AsyncGenerator<string> {
  // The id alone is no event; a client that is cut off before its first one resumes from there too.
  yield `retry: ${RECONNECT_MS}\nid: ${after}\n\n`;
  let position = after;
  let heartbeatAt = performance.now() + heartbeatMs;
  while (!signal.aborted) {
    if (position < feed.newest()) {
      const stretch =
        feed.recent(position, accountId) ??
        (await ownReads(() => readStretch(feed, log, position, accountId)));
      position = stretch.through;
      if (stretch.text !== '') {
        yield stretch.text;
        heartbeatAt = performance.now() + heartbeatMs;
        continue;
      }
    } else {
      position = Math.max(position, await feed.moved(accountId));
    }
    if (performance.now() >= heartbeatAt) {
      yield ': heartbeat\n\n';
      heartbeatAt = performance.now() + heartbeatMs;
    }
  }
}

async function readStretch(
  feed: LiveFeed,
  log: EventReader,
  after: number,
  accountId: string | undefined,
): Promise<Stretch> {
  const newest = feed.newest();
  async function pick(part: number, wanted: (entry: LogEntry) => boolean): Promise<Stretch> {
    const through = Math.min(after + part, newest);
    let text = '';
    for await (const entry of log.entries(after, through)) {
      if (!('error' in entry) && wanted(entry)) text += frameOf(entry);
    }
    return { text, through };
  }
  if (accountId === undefined) return pick(OWN_PART, () => true);
  // Before one that cannot be read there may be fewer: the log of all accounts is by far the longer way.
  for (let limit = OWN_PART; limit >= 1; limit >>= 1) {
    try {
      const part = await log.history(accountId, after, limit);
      const last = part.at(-1)?.sequence ?? after;
      // A part that is not full holds all there was, so also all up to where the feed was before.
      const through = part.length < limit ? Math.max(last, newest) : last;
      return { text: part.map(frameOf).join(''), through };
    } catch (error) {
      if (!isUnreadable(error)) throw error;
    }
  }
  return pick(SCANNED_PART, (entry) => entry.accountId === accountId);
}
