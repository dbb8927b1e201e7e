import { BrokenArchiveError, byteReader, mustTake } from './byte-reader.ts';
import { maskedCrc32c } from './crc32c.ts';

const HEADER = 4;
const CHECKSUM = 4;
const STREAM_MAGIC = 'S2sTwO';

/** The chunk that every stream begins with. */
export const S2_BEGIN = Buffer.from(`\xff\x06\x00\x00${STREAM_MAGIC}`, 'latin1');

/** Chunk types of the framing format that S2 shares with Snappy; 0x80 and above may be skipped. */
const COMPRESSED = 0x00;
const UNCOMPRESSED = 0x01;
const STREAM_IDENTIFIER = 0xff;
const FIRST_SKIPPABLE = 0x80;

/** A chunk of which no server makes long work, in bytes. */
export const SMALL_CHUNK = 64 * 1024;

/** Where a chunk of the stream begins: among its own bytes, and among those that come out. */
export interface S2Frame {
  readonly at: number;
  readonly dataAt: number;
}

export interface S2Options {
  /** Told of every chunk with data, in order. */
  readonly onFrame?: (frame: S2Frame) => void;
  /** Whether the source begins in the middle, with a chunk. */
  readonly begun?: boolean;
}

/**
 * Decompresses the S2 stream in which nats-server sends a snapshot (github.com/klauspost/compress/s2).
 * Every chunk is held against its checksum, so that damage is never written anew with a good one.
 * @throws BrokenArchiveError
 */
export async function* readS2(
  source: AsyncIterable<Uint8Array>,
  { onFrame, begun: inTheMiddle = false }: S2Options = {},
): AsyncGenerator<Buffer> {
  const reader = byteReader(source);
  let at = 0;
  let dataAt = 0;
  for (let begun = inTheMiddle; ; begun = true) {
    const header = await reader.take(HEADER);
    if (header === undefined) {
      if (begun) return;
      throw new BrokenArchiveError('it is empty');
    }
    const type = header.readUInt8(0);
    const body = await mustTake(reader, header.readUIntLE(1, 3));
    if (type === STREAM_IDENTIFIER ? body.toString('latin1') !== STREAM_MAGIC : !begun) {
      throw new BrokenArchiveError('it is no S2 stream');
    }
    if (type === UNCOMPRESSED || type === COMPRESSED) {
      onFrame?.({ at, dataAt });
      const data = dataOf(type, body);
      dataAt += data.length;
      yield data;
    } else if (type < FIRST_SKIPPABLE) {
      throw new BrokenArchiveError(`it has a chunk of type ${type}`);
    }
    at += HEADER + body.length;
  }
}

/** What a chunk holds. @throws BrokenArchiveError when it is not what was written. */
function dataOf(type: number, body: Buffer): Buffer {
  const checksum = readLittle(body, 0, CHECKSUM);
  const stored = body.subarray(CHECKSUM);
  const data = type === COMPRESSED ? decodeBlock(stored) : stored;
  if (maskedCrc32c(data) === checksum) return data;
  throw new BrokenArchiveError('a chunk does not match its checksum');
}

/** No writer of S2 makes longer blocks, in bytes. */
const LONGEST_BLOCK = 4 * 1024 * 1024;

/** One block: its length as a varint, then literals and copies of what came before. */
export function decodeBlock(source: Buffer): Buffer {
  const { value: length, end } = readVarint(source);
  if (length > LONGEST_BLOCK) throw corrupt();
  const target = Buffer.alloc(length);
  let from = end;
  let to = 0;
  let offset = 0;
  while (from < source.length) {
    const tag = source.readUInt8(from);
    const kind = tag & 0x03;
    if (kind === 0) {
      const extra = Math.max(0, (tag >> 2) - 59);
      const size = (extra === 0 ? tag >> 2 : readLittle(source, from + 1, extra)) + 1;
      const begin = from + 1 + extra;
      if (begin + size > source.length || to + size > length) throw corrupt();
      source.copy(target, to, begin, begin + size);
      from = begin + size;
      to += size;
      continue;
    }
    const copy = kind === 1 ? shortCopy(source, from, tag) : longCopy(source, from, tag, kind);
    // Without an offset it repeats the one before: that is where S2 goes beyond Snappy.
    offset = copy.offset === 0 ? offset : copy.offset;
    if (offset === 0 || offset > to || to + copy.size > length) throw corrupt();
    // Byte by byte, as a copy may reach into what it writes.
    for (let index = 0; index < copy.size; index += 1) {
      target[to + index] = target[to + index - offset] ?? 0;
    }
    to += copy.size;
    from = copy.next;
  }
  if (to !== length) throw corrupt();
  return target;
}

interface Copy {
  readonly offset: number;
  readonly size: number;
  readonly next: number;
}

/** Eleven bits of offset; a repeat has room for long sizes instead. */
function shortCopy(source: Buffer, at: number, tag: number): Copy {
  const offset = ((tag & 0xe0) << 3) | readLittle(source, at + 1, 1);
  const size = (tag >> 2) & 0x07;
  const next = at + 2;
  if (offset > 0 || size < 5) return { offset, size: size + 4, next };
  const extra = size - 4;
  const base = extra === 1 ? 4 : extra === 2 ? 1 << 8 : 1 << 16;
  return { offset, size: readLittle(source, next, extra) + base + 4, next: next + extra };
}

function longCopy(source: Buffer, at: number, tag: number, kind: number): Copy {
  const extra = kind === 2 ? 2 : 4;
  const size = (tag >> 2) + 1;
  return { offset: readLittle(source, at + 1, extra), size, next: at + 1 + extra };
}

function readLittle(source: Buffer, at: number, length: number): number {
  if (at + length > source.length) throw corrupt();
  return source.readUIntLE(at, length);
}

function readVarint(source: Buffer): { value: number; end: number } {
  let value = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = readLittle(source, index, 1);
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: index + 1 };
  }
  throw corrupt();
}

const corrupt = () => new BrokenArchiveError('a compressed block is damaged');

/**
 * Chunks that hold the bytes as they are, none longer than `longest` with its header: for the end of an
 * S2 stream.
 */
export function* writeS2(data: Buffer, longest = SMALL_CHUNK): Generator<Buffer> {
  const size = longest - HEADER - CHECKSUM;
  for (let at = 0; at < data.length; at += size) {
    const part = data.subarray(at, at + size);
    const header = Buffer.alloc(HEADER + CHECKSUM);
    header.writeUInt8(UNCOMPRESSED, 0);
    header.writeUIntLE(CHECKSUM + part.length, 1, 3);
    header.writeUInt32LE(maskedCrc32c(part), HEADER);
    yield Buffer.concat([header, part]);
  }
}
