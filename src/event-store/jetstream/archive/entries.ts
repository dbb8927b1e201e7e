import type { AppendByAppend } from './append-by-append.ts';
import { BrokenArchiveError } from './byte-reader.ts';
import { entryAt } from './entry.ts';
import type { Entry } from './entry.ts';

/** What an archive of messages begins with (`server/archive`, nats-server 2.15). */
export const MAGIC = Buffer.from('NATSARC1', 'latin1');

/** An entry with nothing in it stands behind the last message. */
export const END_MARK = Buffer.alloc(5);

/** Where the last append that is all there ends, in an archive of messages. */
export interface EntryEnd {
  /** How many bytes are kept of what comes out of S2. */
  readonly keep: number;
  /** Where the last message ends, be its append all there or not. */
  readonly lastEnd: number;
}

/**
 * Reads an archive of a stream's messages, as nats-server makes it from 2.15 on: those that were there
 * when it began.
 * @throws BrokenArchiveError
 */
export async function readEntries(
  source: AsyncIterable<Uint8Array>,
  appends: AppendByAppend,
): Promise<EntryEnd | undefined> {
  let keep = 0;
  let lastEnd = 0;
  for await (const entry of entriesIn(source)) {
    if (entry.sequence === 0) continue;
    if (appends.isWhole()) keep = entry.at;
    await appends.add(entry);
    lastEnd = entry.end;
  }
  if (appends.isWhole()) keep = lastEnd;
  return lastEnd === 0 ? undefined : { keep, lastEnd };
}

/**
 * The entries up to the mark at the end, so that an archive that was cut off never looks like a whole
 * one. The first is the stream's state when the snapshot began.
 * @throws BrokenArchiveError
 */
export async function* entriesIn(source: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  let bytes: Buffer = Buffer.alloc(0);
  /** Where `bytes` begin in the archive, and where the next entry does. */
  let origin = 0;
  let at = MAGIC.length;
  for await (const chunk of source) {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const entry = entryAt(bytes, at - origin, origin);
      if (entry === undefined) break;
      if (entry.end - entry.at === END_MARK.length) return;
      yield entry;
      at = entry.end;
    }
    const done = Math.min(at - origin, bytes.length);
    bytes = bytes.subarray(done);
    origin += done;
  }
  throw new BrokenArchiveError('it ends too early');
}
