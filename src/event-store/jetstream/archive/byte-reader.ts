/** The archive is not what nats-server writes, or not all of it is there. */
export class BrokenArchiveError extends Error {
  override readonly name = 'BrokenArchiveError';
}

/** Reads as many bytes as one asks for from chunks of any size. */
export interface ByteReader {
  /** Undefined at the end. @throws BrokenArchiveError when the end comes in the middle. */
  take(length: number): Promise<Buffer | undefined>;
}

export function byteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Uint8Array = Buffer.alloc(0);

  return {
    async take(length) {
      const parts: Uint8Array[] = [];
      for (let missing = length; missing > 0;) {
        if (rest.length === 0) {
          const next = await chunks.next();
          if (next.done === true) {
            if (parts.length === 0) return undefined;
            throw new BrokenArchiveError('it ends in the middle');
          }
          rest = next.value;
        }
        const part = rest.subarray(0, missing);
        rest = rest.subarray(part.length);
        missing -= part.length;
        parts.push(part);
      }
      return Buffer.concat(parts);
    },
  };
}

/** What must be there. @throws BrokenArchiveError */
export async function mustTake(reader: ByteReader, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  const bytes = await reader.take(length);
  if (bytes === undefined) throw new BrokenArchiveError('it ends too early');
  return bytes;
}
