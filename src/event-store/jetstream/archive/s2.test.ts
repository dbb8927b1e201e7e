import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { crc32c } from './crc32c.ts';
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

test('the checksum is the Castagnoli one', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283);
});
