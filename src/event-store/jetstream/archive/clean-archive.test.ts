import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tempFolder } from '../../../../test/support/temp-folder.ts';
import type { TempFolder } from '../../../../test/support/temp-folder.ts';
import { cleanArchive } from './clean-archive.ts';
import { END_MARK, MAGIC, entriesIn } from './entries.ts';
import { entryBytes } from './entry.ts';
import { readArchive } from './read-archive.ts';
import { S2_BEGIN, readS2, writeS2 } from './s2.ts';

const MEBIBYTE = 1024 * 1024;
const SMALL = 64 * 1024;
const HALF = 'NATS/1.0\r\nNats-Batch-Id: b\r\nNats-Batch-Sequence: 1\r\n\r\n';

let folder: TempFolder;
beforeAll(async () => void (folder = await tempFolder('archive')));
afterAll(() => folder.remove());

const state = (messages: number) =>
  entryBytes({
    ...{ subject: 'state.json', sequence: 0, time: 1n, headers: '' },
    payload: Buffer.from(JSON.stringify({ messages, first_seq: 1, last_seq: messages })),
  });
const message = (sequence: number, headers = '') =>
  entryBytes({
    ...{ subject: 'bank.account.1.a', sequence, time: 1n, headers },
    payload: Buffer.alloc(600, 'event'),
  });

/** The file of an archive of messages in chunks of a mebibyte, as nats-server sends them. */
async function archiveOf(...messages: Buffer[]): Promise<string> {
  const path = join(folder.path, 'stream.tar.s2');
  const content = Buffer.concat([MAGIC, state(messages.length), ...messages, END_MARK]);
  await writeFile(path, Buffer.concat([S2_BEGIN, ...writeS2(content, MEBIBYTE)]));
  return path;
}

const contentOf = async (chunks: AsyncIterable<Uint8Array>) =>
  Buffer.concat(await Array.fromAsync(readS2(chunks)));

test.each([
  ['whole', 2_000, [], 128 * 1024],
  ['torn', 2_000, [message(2_001, HALF)], 128 * 1024],
  ['sent to a server that takes only small messages', 100, [message(101, HALF)], 1_000],
])('messages are sent in small chunks: %s', async (_, count, half, chunkSize) => {
  const messages = Array.from({ length: count }, (__, index) => message(index + 1));
  const path = await archiveOf(...messages, ...half);
  const { end } = await readArchive(path);
  const sent = await Array.fromAsync(cleanArchive(path, end!, chunkSize));
  expect(Math.max(...sent.map(({ length }) => length))).toBeLessThanOrEqual(
    Math.min(chunkSize, SMALL),
  );
  expect(await contentOf(Readable.from(sent))).toEqual(
    Buffer.concat([MAGIC, state(count), ...messages, END_MARK]),
  );
});

test.each([
  ['a message', [message(1)], { messages: 1, first_seq: 1, last_seq: 1 }],
  ['no message', [], { messages: 0, first_seq: 1, last_seq: 0 }],
])('a torn archive with %s begins without being read once more', async (_, whole, expected) => {
  const path = await archiveOf(...whole, message(whole.length + 1, HALF));
  const { end } = await readArchive(path);
  const sending = cleanArchive(join(folder.path, 'is-not-there'), end!, SMALL);
  const begin = [(await sending.next()).value!, (await sending.next()).value!];
  const content = await contentOf(Readable.from(begin));
  const [first] = await Array.fromAsync(entriesIn(Readable.from([content, END_MARK])));
  expect(JSON.parse(first!.payload.toString())).toEqual(expected);
});

test('an archive whose first entry is not the state is damaged', async () => {
  const path = join(folder.path, 'no-state');
  const content = Buffer.concat([MAGIC, message(1), END_MARK]);
  await writeFile(path, Buffer.concat([S2_BEGIN, ...writeS2(content)]));
  await expect(readArchive(path)).rejects.toThrow('it does not begin with the state of the stream');
});
