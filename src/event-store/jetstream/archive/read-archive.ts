import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { logDigest } from '../log-digest.ts';
import type { LogSummary } from '../log-digest.ts';
import { BrokenArchiveError } from './byte-reader.ts';
import { messagesIn } from './message-block.ts';
import type { BlockRecord } from './message-block.ts';
import { readS2 } from './s2.ts';
import type { S2Frame } from './s2.ts';
import { readTar } from './tar.ts';

/** Where the last append that is all there ends. */
export interface CleanEnd {
  /** The chunk in which the header of the last block's file begins. */
  readonly frame: S2Frame;
  /** Where that header begins in the tar archive. */
  readonly headerAt: number;
  /** How many bytes of that file are kept. */
  readonly keep: number;
}

/** What an archive of a stream holds. */
export interface ArchiveSummary {
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

/** Where nats-server tells in the archive itself why it had to break off. */
const ERRORS_FILE = 'errors.txt';

/**
 * Reads a whole archive as nats-server sends it: a tar file, compressed with S2, of the stream's blocks.
 * Writers go on meanwhile, so it may end between the messages of one append, or within a message.
 * `onMessage` is awaited for each message up to the clean end.
 * @throws BrokenArchiveError when it is damaged or cut off, and whatever `onMessage` throws.
 */
export async function readArchive(
  path: string,
  onMessage: (message: BlockRecord) => Promise<void> | void = () => undefined,
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
  const digest = logDigest();
  let open: BlockRecord[] = [];
  let seen = 0;
  let end: CleanEnd | undefined;
  let torn: string | undefined;
  for await (const { name, content, headerAt } of readTar(decompressed)) {
    if (name === ERRORS_FILE) throw new BrokenArchiveError(content.toString('utf8'));
    if (!name.endsWith('.blk')) continue;
    // Only the last block is one that the server still writes to.
    if (torn !== undefined) throw new BrokenArchiveError(torn);
    const frame = frames.findLast(({ dataAt }) => dataAt <= headerAt);
    if (frame === undefined) throw new BrokenArchiveError('it has no beginning');
    for (const message of messagesIn(content, (at) => {
      torn = `${name} has a record at byte ${at} that is not all there, behind message ${seen}`;
    })) {
      seen = message.sequence;
      // An append may go on in the next block: the end is then in this one.
      if (open.length === 0) end = { frame, headerAt, keep: message.at };
      open.push(message);
      if (isPartOfMore(message)) continue;
      for (const done of open) {
        digest.add(done);
        await onMessage(done);
      }
      open = [];
    }
    if (open.length === 0) end = { frame, headerAt, keep: content.length };
  }
  // To the end, so that the checksum is one of the whole file.
  while ((await decompressed.next()).done !== true);
  return { bytes, sha256: hash.digest('hex'), log: digest.summary(), seen, end };
}

/** Every message of an atomic batch names it, and the last one commits it. */
const isPartOfMore = ({ headers }: BlockRecord): boolean =>
  /^Nats-Batch-Id:/im.test(headers) && !/^Nats-Batch-Commit:/im.test(headers);
