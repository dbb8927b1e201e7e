import type { ArchivedMessage } from './archived-message.ts';

/** Length (with a bit for "has headers"), sequence (with two for "erased" and "gap"), time, subject length. */
const HEADER = 22;
const CHECKSUM = 8;
const HAS_HEADERS = 0x8000_0000;
const NOT_A_MESSAGE = 0xc000_0000;

/**
 * The messages of a block (`filestore.go`, nats-server 2.12 to 2.14), up to a record that is not all there:
 * the server drops that too when it reads the block. `onTorn` is told where such a record begins.
 */
export function* messagesIn(
  block: Buffer,
  onTorn: (at: number) => void = () => undefined,
): Generator<ArchivedMessage> {
  for (let at = 0; at < block.length;) {
    const marked = at + HEADER > block.length ? 0 : block.readUInt32LE(at);
    const hasHeaders = (marked & HAS_HEADERS) !== 0;
    const end = at + (marked & ~HAS_HEADERS);
    if (end < at + HEADER + CHECKSUM || end > block.length) {
      onTorn(at);
      return;
    }
    const begin = at;
    const record = block.subarray(begin, end - CHECKSUM);
    at = end;
    if ((record.readUInt32LE(8) & NOT_A_MESSAGE) !== 0) continue;
    const afterSubject = HEADER + record.readUInt16LE(20);
    const headersBegin = afterSubject + (hasHeaders ? 4 : 0);
    const headersEnd = hasHeaders ? headersBegin + record.readUInt32LE(afterSubject) : headersBegin;
    yield {
      at: begin,
      sequence: Number(record.readBigUInt64LE(4)),
      time: record.readBigInt64LE(12),
      subject: record.toString('utf8', HEADER, afterSubject),
      headers: record.toString('utf8', headersBegin, headersEnd),
      payload: record.subarray(headersEnd),
    };
  }
}
