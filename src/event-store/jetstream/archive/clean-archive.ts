import { createReadStream } from 'node:fs';
import type { BlockEnd } from './blocks.ts';
import { byteReader, mustTake } from './byte-reader.ts';
import { END_MARK, MAGIC } from './entries.ts';
import type { EntryEnd } from './entries.ts';
import type { CleanEnd } from './read-archive.ts';
import { S2_BEGIN, SMALL_CHUNK, readS2, writeS2 } from './s2.ts';
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
  else yield* sendMessages(path, end, chunkSize);
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
  yield* writeS2(tail, Math.min(chunkSize, SMALL_CHUNK));
}

/**
 * The server answers for a chunk once its messages are stored, and gives up where that takes five
 * seconds: too little for the mebibyte of a chunk of its own where it syncs every message. So they are
 * sent in small ones.
 */
async function* sendMessages(
  path: string,
  { keep, state, stateEnd }: EntryEnd,
  chunkSize: number,
): AsyncGenerator<Uint8Array> {
  const size = Math.min(chunkSize, SMALL_CHUNK);
  yield S2_BEGIN;
  yield* writeS2(Buffer.concat([MAGIC, state]), size);
  let at = 0;
  for await (const chunk of readS2(chunksOf(path))) {
    const [from, to] = [stateEnd, keep].map((edge) => Math.max(0, edge - at));
    yield* writeS2(chunk.subarray(from, to), size);
    at += chunk.length;
    if (at >= keep) break;
  }
  yield* writeS2(END_MARK, size);
}
