import { BrokenArchiveError, byteReader, mustTake } from './byte-reader.ts';

export const BLOCK = 512;
const NAME: ByteRange = { start: 0, end: 100 };
const SIZE: ByteRange = { start: 124, end: 136 };
const CHECKSUM: ByteRange = { start: 148, end: 156 };
const TYPE = 156;
const REGULAR_FILE = '0';

export interface TarFile {
  readonly name: string;
  readonly content: Buffer;
  /** Where its header begins in the archive. */
  readonly headerAt: number;
}

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The regular files of a tar archive, one after another. @throws BrokenArchiveError */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarFile> {
  const reader = byteReader(source);
  for (let headerAt = 0; ;) {
    const header = await mustTake(reader, BLOCK);
    // The end is two empty blocks, so an archive that was cut off never looks like a whole one.
    if (header.every((byte) => byte === 0)) return;
    const size = Number.parseInt(textIn(header, SIZE), 8);
    if (!Number.isSafeInteger(size) || size < 0)
      throw new BrokenArchiveError('a file in it has no size');
    const content = await mustTake(reader, size);
    const { length } = await mustTake(reader, padding(size));
    // Other types carry more about the next file, such as fractions of a second.
    if (String.fromCharCode(header.readUInt8(TYPE)) === REGULAR_FILE) {
      yield { name: textIn(header, NAME), content, headerAt };
    }
    headerAt += BLOCK + size + length;
  }
}

/** Bytes up to the next full block. */
export const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

/** The header of a file that has become so long. */
export function resized(header: Buffer, size: number): Buffer {
  const result = Buffer.from(header);
  const octal = (value: number, { start, end }: ByteRange) =>
    result.write(`${value.toString(8).padStart(end - start - 1, '0')}\0`, start, 'latin1');
  octal(size, SIZE);
  // The checksum is the sum of all bytes, with spaces in its own place.
  result.fill(' ', CHECKSUM.start, CHECKSUM.end);
  octal(
    result.reduce((sum, byte) => sum + byte, 0),
    CHECKSUM,
  );
  return result;
}

function textIn(header: Buffer, { start, end }: ByteRange): string {
  const [text = ''] = header.toString('latin1', start, end).split('\0', 1);
  return text.trim();
}
