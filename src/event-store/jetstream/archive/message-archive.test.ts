import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tempFolder } from '../../../../test/support/temp-folder.ts';
import type { TempFolder } from '../../../../test/support/temp-folder.ts';
import { END_MARK, MAGIC, entriesIn } from './entries.ts';
import { entryAt, entryBytes } from './entry.ts';
import { readArchive } from './read-archive.ts';
import { S2_BEGIN, writeS2 } from './s2.ts';

let folder: TempFolder;
beforeAll(async () => void (folder = await tempFolder('archive')));
afterAll(() => folder.remove());

const STATE = entryBytes({
  ...{ subject: 'state.json', sequence: 0, time: 1n, headers: '' },
  payload: Buffer.from('{"messages":2,"first_seq":1,"last_seq":2}'),
});

const message = (sequence: number, headers = '', payload = `event ${sequence}`) =>
  entryBytes({
    ...{ subject: 'bank.account.1.a', sequence, time: 1_700_000_000_000_000_000n, headers },
    payload: Buffer.from(payload),
  });

async function read(...parts: Buffer[]) {
  const path = join(folder.path, 'stream.tar.s2');
  const chunks = writeS2(Buffer.concat([MAGIC, ...parts]));
  await writeFile(path, Buffer.concat([S2_BEGIN, ...chunks]));
  const told: number[] = [];
  const { kind, seen, log } = await readArchive(path, ({ sequence }) => void told.push(sequence));
  return { kind, seen, last: log.last, told };
}

test('all messages', async () => {
  expect(await read(STATE, message(1), message(2), END_MARK)).toEqual({
    ...{ kind: 'messages', seen: 2, last: 2, told: [1, 2] },
  });
});

test('no message', async () => {
  expect(await read(STATE, END_MARK)).toMatchObject({ seen: 0, last: 0 });
});

test('a message that is longer than a chunk', async () => {
  const long = message(1, '', 'x'.repeat(200_000));
  expect(await read(STATE, long, message(2), END_MARK)).toMatchObject({ told: [1, 2] });
});

test('a message of many chunks is put together in a bounded number of steps', async () => {
  const long = Buffer.concat([MAGIC, STATE, message(1, '', 'x'.repeat(8_000_000)), END_MARK]);
  const chunks: Buffer[] = [];
  for (let at = 0; at < long.length; at += 65_536) chunks.push(long.subarray(at, at + 65_536));
  const concat = vi.spyOn(Buffer, 'concat');
  try {
    const entries = await Array.fromAsync(entriesIn(Readable.from(chunks)));
    expect(entries.map(({ sequence, payload }) => [sequence, payload.length])).toEqual([
      [0, STATE.length - 15],
      [1, 8_000_000],
    ]);
    const copied = concat.mock.results.reduce(
      (sum, { value }) => sum + (Buffer.isBuffer(value) ? value.length : 0),
      0,
    );
    expect(copied).toBeLessThan(4 * long.length);
  } finally {
    concat.mockRestore();
  }
});

test('an append that is not all there is seen, and left out', async () => {
  const half = message(2, 'NATS/1.0\r\nNats-Batch-Id: b\r\nNats-Batch-Sequence: 1\r\n\r\n');
  expect(await read(STATE, message(1), half, END_MARK)).toMatchObject({ seen: 2, last: 1 });
});

test.each([
  ['has no end mark', [message(1)], 'it ends too early'],
  [
    'has a mark at the end with a sequence in it',
    [Buffer.from([0, 0, 3, 0, 0])],
    'it ends too early',
  ],
  ['ends within a message', [message(1).subarray(0, -1)], 'it ends too early'],
  ['has a number without an end', [Buffer.alloc(11, 0xff)], 'a number in it does not end'],
  [
    'has a message that is too long',
    [Buffer.from([0, 0, 3, 0, 0xff, 0xff, 0xff, 0xff, 0x7f])],
    'message 3 is longer than any',
  ],
])('damage: an archive that %s', async (_, parts, why) => {
  await expect(read(STATE, ...parts)).rejects.toThrow(why);
});

test('an entry is read as it was written', () => {
  const entry = fc.record({
    subject: fc.string({ unit: 'grapheme', maxLength: 300 }),
    sequence: fc.nat(),
    time: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    headers: fc.string({ unit: 'grapheme', maxLength: 300 }),
    payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  });
  fc.assert(
    fc.property(entry, (written) => {
      const bytes = entryBytes(written);
      const read = entryAt(Buffer.concat([Buffer.alloc(3), bytes]), 3, 10);
      expect(read).toEqual({ ...written, at: 13, end: 13 + bytes.length });
      expect(entryAt(bytes.subarray(0, -1), 0, 0)).toBeUndefined();
    }),
  );
});
