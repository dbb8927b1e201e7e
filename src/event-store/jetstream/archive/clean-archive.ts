import { createReadStream } from 'node:fs';
import { byteReader, mustTake } from './byte-reader.ts';
import type { CleanEnd } from './read-archive.ts';
import { readS2, writeS2 } from './s2.ts';
import { BLOCK, padding, resized } from './tar.ts';

/**
 * The archive's bytes up to its clean end. What nats-server wrote of a busy stream may end with half of
 * an append, and with an index that tells of messages which are not there; without an index the
 * server makes one of the blocks. Only the last block is written anew.
 */
export async function* cleanArchive(
  path: string,
  { frame, headerAt, keep }: CleanEnd,
  chunkSize: number,
): AsyncGenerator<Uint8Array> {
  // The chunk that names the format stands before every one with data.
  const untouched = createReadStream(path, { end: frame.at - 1, highWaterMark: chunkSize });
  yield* untouched as AsyncIterable<Uint8Array>;
  const chunks = createReadStream(path, { start: frame.at }) as AsyncIterable<Uint8Array>;
  const rest = byteReader(readS2(chunks, { begun: true }));
  const before = await mustTake(rest, headerAt - frame.dataAt);
  const header = await mustTake(rest, BLOCK);
  const content = await mustTake(rest, keep);
  const tail = Buffer.concat([
    ...[before, resized(header, keep), content, Buffer.alloc(padding(keep))],
    // The end of a tar archive.
    Buffer.alloc(2 * BLOCK),
  ]);
  for (const bytes of writeS2(tail)) yield bytes;
}
