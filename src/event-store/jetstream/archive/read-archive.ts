import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { LogSummary } from '../log-digest.ts';
import { appendByAppend } from './append-by-append.ts';
import type { OnMessage } from './append-by-append.ts';
import { readBlocks } from './blocks.ts';
import type { BlockEnd } from './blocks.ts';
import { MAGIC, readEntries } from './entries.ts';
import type { EntryEnd } from './entries.ts';
import { readS2 } from './s2.ts';
import type { S2Frame } from './s2.ts';

/** Where the last append that is all there ends. */
export type CleanEnd = BlockEnd | EntryEnd;

/** What an archive of a stream holds. */
export interface ArchiveSummary {
  /** The files of the stream, or its messages, which only nats-server 2.15 and newer makes and takes. */
  readonly kind: 'blocks' | 'messages';
  /** Bytes of the file. */
  readonly bytes: number;
  /** Of the file, in hex. */
  readonly sha256: string;
  /** Up to the clean end. */
  readonly log: LogSummary;
  /** Sequence of the last message that is there, be its append all there or not. */
  readonly seen: number;
  /** Undefined for a log without a message. */
  readonly end: CleanEnd | undefined;
}

/**
 * Reads a whole archive as nats-server sends it, compressed with S2: up to 2.14 a tar file of the
 * stream's blocks, from 2.15 on its messages. Writers go on meanwhile, so it may end between the
 * messages of one append. `onMessage` is awaited for each message up to the clean end.
 * @throws BrokenArchiveError when it is damaged or cut off, and whatever `onMessage` throws.
 */
export async function readArchive(
  path: string,
  onMessage: OnMessage = () => undefined,
): Promise<ArchiveSummary> {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* file(): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  const frames: S2Frame[] = [];
  const decompressed = readS2(file(), { onFrame: (frame) => frames.push(frame) });
  // No server makes the first chunk so short that it does not tell what comes.
  const first = await decompressed.next();
  const begin: Buffer = first.done === true ? Buffer.alloc(0) : first.value;
  const content = chained(begin, decompressed);
  const kind = begin.subarray(0, MAGIC.length).equals(MAGIC) ? 'messages' : 'blocks';
  const appends = appendByAppend(onMessage);
  const end =
    kind === 'messages'
      ? await readEntries(content, appends)
      : await readBlocks(content, frames, appends);
  // To the end, so that the checksum is one of the whole file.
  while ((await decompressed.next()).done !== true);
  const sha256 = hash.digest('hex');
  return { kind, bytes, sha256, log: appends.summary(), seen: appends.seen(), end };
}

async function* chained(begin: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield begin;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    yield next.value;
  }
}
