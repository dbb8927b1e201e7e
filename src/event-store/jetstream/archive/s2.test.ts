import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { BrokenArchiveError } from './byte-reader.ts';
import { crc32c, maskedCrc32c } from './crc32c.ts';
import { decodeBlock, readS2, writeS2 } from './s2.ts';

const MAGIC = Buffer.from('\xff\x06\x00\x00S2sTwO', 'latin1');
const literal = (text: string) =>
  Buffer.concat([Buffer.from([(text.length - 1) << 2]), Buffer.from(text)]);
const block = (length: number, ...parts: (Buffer | number[])[]) =>
  Buffer.concat([Buffer.from([length]), ...parts.map((part) => Buffer.from(part))]);

const of = (...chunks: Buffer[]) => Readable.from(chunks) as AsyncIterable<Buffer>;

async function all(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test.each([
  ['a literal', block(4, literal('bank')), 'bank'],
  ['a copy with a short offset', block(8, literal('bank'), [0b0000_0001, 4]), 'bankbank'],
  ['a copy with a long offset', block(7, literal('bank'), [0b0000_1010, 4, 0]), 'bankban'],
  [
    'a copy with a very long offset',
    block(6, literal('bank'), [0b0000_0111, 4, 0, 0, 0]),
    'bankba',
  ],
  ['a copy that reaches into itself', block(9, literal('ab'), [0b0000_1101, 2]), 'ababababa'],
  [
    'a repeat of the offset before',
    block(12, literal('ab'), [1, 2], literal('ab'), [1, 0]),
    'ababababab'.padEnd(12, 'ab'),
  ],
  ['a long repeat', block(16, literal('ab'), [1, 2], [0b0001_0101, 0, 2]), 'ab'.repeat(8)],
])('%s', (_, source, text) => expect(decodeBlock(source).toString()).toBe(text));

test.each([
  ['a copy from before the beginning', block(8, literal('bank'), [0b0000_0001, 5])],
  ['less than it says', block(9, literal('bank'))],
  ['more than it says', block(3, literal('bank'))],
  ['nothing', Buffer.alloc(0)],
])('%s is damage', (_, source) => expect(() => decodeBlock(source)).toThrow('damaged'));

test('what is written is read again, in chunks of any size', async () => {
  const data = Buffer.from('ledger '.repeat(20_000));
  const stream = Buffer.concat([MAGIC, ...writeS2(data)]);
  const halves = [stream.subarray(0, 70_001), stream.subarray(70_001)];
  expect(await all(readS2(of(...halves)))).toBe(data.toString());
  await expect(all(readS2(of(stream.subarray(0, 70_001))))).rejects.toThrow('it ends');
  await expect(all(readS2(of(stream.subarray(10))))).rejects.toThrow('no S2 stream');
});

/** A chunk of a stream with so much in it that its checksum can be wrong. */
const chunk = (type: number, checksum: number, body: Buffer) => {
  const header = Buffer.alloc(8);
  header.writeUIntLE(type, 0, 1);
  header.writeUIntLE(4 + body.length, 1, 3);
  header.writeUInt32LE(checksum, 4);
  return Buffer.concat([MAGIC, header, body]);
};
const checksum = maskedCrc32c(Buffer.from('bank'));

test.each([
  ['as it is', 0x01, Buffer.from('bank')],
  ['compressed', 0x00, block(4, literal('bank'))],
])('a chunk, %s, is held against its checksum', async (_, type, body) => {
  expect(await all(readS2(of(chunk(type, checksum, body))))).toBe('bank');
  const damaged = Buffer.from(body);
  damaged.write('j', damaged.length - 1);
  await expect(all(readS2(of(chunk(type, checksum, damaged))))).rejects.toThrow(
    'a chunk does not match its checksum',
  );
  const none = Buffer.concat([MAGIC, Buffer.from([type, 3, 0, 0, 1, 2, 3])]);
  await expect(all(readS2(of(none)))).rejects.toThrow(BrokenArchiveError);
});

test('a block that says it is longer than any is damage, and takes no memory', () => {
  const length = [0xff, 0xff, 0xff, 0xff, 0x7f];
  expect(() => decodeBlock(Buffer.from(length))).toThrow(BrokenArchiveError);
});

test('the checksum is the Castagnoli one', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283);
});
