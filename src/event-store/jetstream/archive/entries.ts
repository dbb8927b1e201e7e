import type { LogSummary } from '../log-digest.ts';
import type { AppendByAppend } from './append-by-append.ts';
import { BrokenArchiveError } from './byte-reader.ts';
import { entryAt, entryBytes } from './entry.ts';
import type { Entry } from './entry.ts';

/** What an archive of messages begins with (`server/archive`, nats-server 2.15). */
export const MAGIC = Buffer.from('NATSARC1', 'latin1');

/** An entry with nothing in it stands behind the last message. */
export const END_MARK = Buffer.alloc(5);

/** Where the last append that is all there ends, in an archive of messages. */
export interface EntryEnd {
  /** How many bytes are kept of what comes out of S2. */
  readonly keep: number;
  /** The first entry, as if the archive had been made when the stream ended there. */
  readonly state: Buffer;
  /** Where the first entry ends. */
  readonly stateEnd: number;
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
  let state: Entry | undefined;
  let keep = 0;
  let lastEnd = 0;
  for await (const entry of entriesIn(source)) {
    if (state === undefined) {
      if (entry.sequence > 0) throw new BrokenArchiveError(NO_STATE);
      state = entry;
    }
    if (entry.sequence === 0) continue;
    if (appends.isWhole()) keep = entry.at;
    await appends.add(entry);
    lastEnd = entry.end;
  }
  if (state === undefined) throw new BrokenArchiveError(NO_STATE);
  if (lastEnd === 0) return undefined;
  const whole = appends.isWhole();
  return {
    keep: whole ? lastEnd : keep,
    state: entryBytes(whole ? state : stateOf(state, appends.summary())),
    stateEnd: state.end,
  };
}

const NO_STATE = 'it does not begin with the state of the stream';

/** The server makes the stream as long as its state says. */
function stateOf(state: Entry, { messages, last }: LogSummary): Entry {
  const seen = JSON.parse(state.payload.toString('utf8')) as { readonly first_seq: number };
  const cut = { ...seen, messages, last_seq: messages === 0 ? seen.first_seq - 1 : last };
  return { ...state, payload: Buffer.from(JSON.stringify(cut)) };
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
  for await (const chunk of enough(source, () => bytes.length)) {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const entry = entryAt(bytes, at - origin, origin);
      if (entry === undefined) break;
      if (bytes.subarray(at - origin, entry.end - origin).equals(END_MARK)) return;
      yield entry;
      at = entry.end;
    }
    const done = Math.min(at - origin, bytes.length);
    bytes = bytes.subarray(done);
    origin += done;
  }
  throw new BrokenArchiveError('it ends too early');
}

/** Chunks as long as what waits for them: a long entry is not copied once for each of the source's. */
async function* enough(
  source: AsyncIterable<Uint8Array>,
  waiting: () => number,
): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    parts.push(chunk);
    length += chunk.length;
    if (length < waiting()) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(parts);
}
