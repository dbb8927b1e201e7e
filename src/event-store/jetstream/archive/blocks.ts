import type { AppendByAppend } from './append-by-append.ts';
import { BrokenArchiveError } from './byte-reader.ts';
import { messagesIn } from './message-block.ts';
import type { S2Frame } from './s2.ts';
import { readTar } from './tar.ts';

/** Where the last append that is all there ends, in an archive of blocks. */
export interface BlockEnd {
  /** The chunk in which the header of the last block's file begins. */
  readonly frame: S2Frame;
  /** Where that header begins in the tar archive. */
  readonly headerAt: number;
  /** How many bytes of that file are kept. */
  readonly keep: number;
}

/** Where nats-server tells in the archive itself why it had to break off. */
const ERRORS_FILE = 'errors.txt';

/**
 * Reads a tar archive of a stream's blocks, as nats-server makes it up to 2.14; its last block may end
 * within a message. `frames` grows as it is read.
 * @throws BrokenArchiveError
 */
export async function readBlocks(
  tar: AsyncIterable<Uint8Array>,
  frames: readonly S2Frame[],
  appends: AppendByAppend,
): Promise<BlockEnd | undefined> {
  let end: BlockEnd | undefined;
  let torn: string | undefined;
  for await (const { name, content, headerAt } of readTar(tar)) {
    if (name === ERRORS_FILE) throw new BrokenArchiveError(content.toString('utf8'));
    if (!name.endsWith('.blk')) continue;
    // Only the last block is one that the server still writes to.
    if (torn !== undefined) throw new BrokenArchiveError(torn);
    const frame = frames.findLast(({ dataAt }) => dataAt <= headerAt);
    if (frame === undefined) throw new BrokenArchiveError('it has no beginning');
    for (const message of messagesIn(content, (at) => {
      torn = `${name} has a record at byte ${at} that is not all there, behind message ${appends.seen()}`;
    })) {
      // An append may go on in the next block: the end is then in this one.
      if (appends.isWhole()) end = { frame, headerAt, keep: message.at };
      await appends.add(message);
    }
    if (appends.isWhole()) end = { frame, headerAt, keep: content.length };
  }
  return end;
}
