import { createReadStream } from 'node:fs';
import type { BlockEnd } from './blocks.ts';
import { byteReader, mustTake } from './byte-reader.ts';
import { END_MARK, MAGIC, entriesIn } from './entries.ts';
import { entryBytes } from './entry.ts';
import type { Entry } from './entry.ts';
import type { CleanEnd } from './read-archive.ts';
import { S2_BEGIN, readS2, writeS2 } from './s2.ts';
import { BLOCK, padding, resized } from './tar.ts';

/**
 * The archive's bytes up to its clean end: of a busy stream nats-server writes one that may end with half
 * of an append.
 */
export async function* cleanArchive(
  path: string,
  end: CleanEnd,
  chunkSize: number,
): AsyncGenerator<Uint8Array> {
  if ('frame' in end) yield* cutBlocks(path, end, chunkSize);
  else if (end.keep < end.lastEnd) yield* cutMessages(path, end.keep);
  else yield* chunksOf(path, { highWaterMark: chunkSize });
}

const chunksOf = (path: string, options: Parameters<typeof createReadStream>[1] = {}) =>
  createReadStream(path, options) as AsyncIterable<Uint8Array>;

/**
 * It may also end with an index that tells of messages which are not there; without an index the server
 * makes one of the blocks. Only the last block is written anew.
 */
async function* cutBlocks(
  path: string,
  { frame, headerAt, keep }: BlockEnd,
  chunkSize: number,
): AsyncGenerator<Uint8Array> {
  // The chunk that names the format stands before every one with data.
  yield* chunksOf(path, { end: frame.at - 1, highWaterMark: chunkSize });
  const chunks = chunksOf(path, { start: frame.at });
  const rest = byteReader(readS2(chunks, { begun: true }));
  const before = await mustTake(rest, headerAt - frame.dataAt);
  const header = await mustTake(rest, BLOCK);
  const content = await mustTake(rest, keep);
  const tail = Buffer.concat([
    ...[before, resized(header, keep), content, Buffer.alloc(padding(keep))],
    // The end of a tar archive.
    Buffer.alloc(2 * BLOCK),
  ]);
  yield* writeS2(tail);
}

/** The state stands before the messages, and the server makes the stream as long as it says. */
async function* cutMessages(path: string, keep: number): AsyncGenerator<Uint8Array> {
  const state = await stateUpTo(path, keep);
  yield S2_BEGIN;
  yield* writeS2(Buffer.concat([MAGIC, entryBytes(state)]));
  let at = 0;
  for await (const chunk of readS2(chunksOf(path))) {
    const [from, to] = [state.end, keep].map((edge) => Math.max(0, edge - at));
    yield* writeS2(chunk.subarray(from, to));
    at += chunk.length;
    if (at >= keep) break;
  }
  yield* writeS2(END_MARK);
}

/** The first entry, as if the archive had been made when the stream ended there. */
async function stateUpTo(path: string, keep: number): Promise<Entry> {
  let state: Entry | undefined;
  let messages = 0;
  let last: number | undefined;
  for await (const entry of entriesIn(readS2(chunksOf(path)))) {
    if (entry.at >= keep) break;
    state ??= entry;
    if (entry.sequence === 0) continue;
    messages += 1;
    last = entry.sequence;
  }
  if (state === undefined) throw new RangeError('nothing is kept of the archive');
  const whole = JSON.parse(state.payload.toString('utf8')) as { readonly first_seq: number };
  const cut = { ...whole, messages, last_seq: last ?? whole.first_seq - 1 };
  return { ...state, payload: Buffer.from(JSON.stringify(cut)) };
}
