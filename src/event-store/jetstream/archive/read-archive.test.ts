import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tempFolder } from '../../../../test/support/temp-folder.ts';
import type { TempFolder } from '../../../../test/support/temp-folder.ts';
import { readArchive } from './read-archive.ts';
import { writeS2 } from './s2.ts';
import { BLOCK, padding, resized } from './tar.ts';

const MAGIC = Buffer.from('\xff\x06\x00\x00S2sTwO', 'latin1');
const SUBJECT = 'bank.account.1.a';
const HEADER = 22;
const CHECKSUM = 8;

let folder: TempFolder;
beforeAll(async () => void (folder = await tempFolder('archive')));
afterAll(() => folder.remove());

/** A message as nats-server writes it, without headers; its checksum is not looked at. */
function record(sequence: number): Buffer {
  const payload = `event ${sequence}`;
  const bytes = Buffer.alloc(HEADER + SUBJECT.length + payload.length + CHECKSUM);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeBigUInt64LE(BigInt(sequence), 4);
  bytes.writeUInt16LE(SUBJECT.length, 20);
  bytes.write(SUBJECT + payload, HEADER);
  return bytes;
}

function tarFile(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write('0', 156);
  return Buffer.concat([
    ...[resized(header, content.length), content, Buffer.alloc(padding(content.length))],
  ]);
}

/** What is read of an archive with these blocks. */
async function read(...blocks: Buffer[][]) {
  const files = blocks.map((records, index) =>
    tarFile(`msgs/${index + 1}.blk`, Buffer.concat(records)),
  );
  const path = join(folder.path, 'stream.tar.s2');
  const tar = Buffer.concat([...files, Buffer.alloc(2 * BLOCK)]);
  await writeFile(path, Buffer.concat([MAGIC, ...writeS2(tar)]));
  const told: number[] = [];
  const { seen, log } = await readArchive(path, ({ sequence }) => void told.push(sequence));
  return { seen, first: log.first, last: log.last, messages: log.messages, told };
}

const torn = (sequence: number) => record(sequence).subarray(0, -1);
const withLength = (sequence: number, length: number) => {
  const bytes = record(sequence);
  bytes.writeUInt32LE(length, 0);
  return bytes;
};

test('all messages of all blocks', async () => {
  expect(await read([record(1), record(2)], [record(3)])).toEqual({
    ...{ seen: 3, first: 1, last: 3, messages: 3, told: [1, 2, 3] },
  });
});

test('the last block may end within a message: the server was writing it', async () => {
  expect(await read([record(1)], [record(2), torn(3)])).toMatchObject({ seen: 2, messages: 2 });
  const begun = record(3).subarray(0, HEADER - 1);
  expect(await read([record(1)], [record(2), begun])).toMatchObject({ seen: 2, messages: 2 });
});

test.each([
  ['ends within a message', [record(1), torn(2)]],
  ['ends within the header of one', [record(1), record(2).subarray(0, HEADER - 1)]],
  ['has a message of no length', [record(1), withLength(2, 0), record(3)]],
  ['has a message that is too long', [record(1), withLength(2, 1_000), record(3)]],
])('damage: a block before the last that %s', async (_, first) => {
  await expect(read(first, [record(4)])).rejects.toThrow(
    `msgs/1.blk has a record at byte ${record(1).length} that is not all there, behind message 1`,
  );
});
