import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'nats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BinaryChoice } from '../../dev/binaries/choice.ts';
import { findNatsServer, findNewestNatsServer } from '../../dev/binaries/nats-server.ts';
import { readManifest } from '../../src/cli/backup/manifest.ts';
import { atLeast } from '../../src/cli/doctor/finding.ts';
import { cleanArchive } from '../../src/event-store/jetstream/archive/clean-archive.ts';
import { readArchive } from '../../src/event-store/jetstream/archive/read-archive.ts';
import { CHUNK, sendSnapshot } from '../../src/event-store/jetstream/stream-snapshot.ts';
import { jetbank } from '../support/jetbank.ts';
import { storesOn } from '../support/jetstream-stores.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

const usual = await findNatsServer();
const newest = await findNewestNatsServer();

/** Written by `jetbank backup`: appends of three, one and four events. */
const BACKUPS = [
  { server: '2.14.0', kind: 'blocks', since: '2.12.0' },
  { server: '2.15.3', kind: 'messages', since: '2.15.0' },
] as const;

describe.each(BACKUPS)('a backup that nats-server $server made', ({ server, kind, since }) => {
  const backup = `test/fixtures/backups/nats-server-${server}`;
  const archive = join(backup, 'stream.tar.s2');
  const takes = ({ version = '0' }: BinaryChoice) => atLeast(version, since);
  let nats: TestNats;
  let folder: TempFolder;

  beforeAll(async () => {
    folder = await tempFolder('formats');
    nats = await startTestNats({ binary: usual });
  });
  afterAll(async () => {
    await nats.remove();
    await folder.remove();
  });

  /** The archive without the messages from this sequence on; the path of the file. */
  async function cutBefore(sequence: number): Promise<string> {
    let keep = 0;
    const { end } = await readArchive(archive, (message) => {
      if (message.sequence === sequence) keep = message.at;
    });
    const path = join(folder.path, `before-${sequence}`);
    await writeFile(path, cleanArchive(archive, { ...end!, keep }, CHUNK));
    return path;
  }

  test('is read', async () => {
    const { manifest } = await readManifest(backup);
    const { bytes, sha256, log, seen } = await readArchive(archive);
    expect({ archive: { bytes, sha256 }, log }).toEqual({
      archive: manifest.archive,
      log: manifest.log,
    });
    expect(seen).toBe(8);
  });

  test.each([
    ['in the middle of an append', 7, { seen: 6, last: 4 }],
    ['behind an append', 5, { seen: 4, last: 4 }],
    ['in the middle of the first append', 3, { seen: 2, last: 0 }],
  ])('is read where it ends %s', async (_, sequence, { seen, last }) => {
    const found = await readArchive(await cutBefore(sequence));
    expect(found).toMatchObject({ kind, seen, log: { last, messages: last } });
  });

  test('is restored, or refused by a server that does not know it', async () => {
    const { exit, stdout, stderr } = await jetbank({ NATS_URL: nats.url }, 'restore', backup);
    if (takes(usual)) {
      expect([exit, stdout]).toEqual([0, expect.stringContaining('equal to the backup')]);
    } else {
      const why = `does not take a backup of ${server}: nothing was restored`;
      expect([exit, stderr]).toEqual([1, expect.stringContaining(why)]);
    }
  });

  test.skipIf(!takes(newest)).each([
    ['in the middle of an append', 7, 4],
    ['in the middle of the first append', 3, 0],
  ])('is restored up to the last whole append where it ends %s', async (_, sequence, last) => {
    const cut = await cutBefore(sequence);
    const { header } = await readManifest(backup);
    const { end } = await readArchive(cut);
    const bare = await startTestNats({ binary: takes(usual) ? usual : newest });
    const nc = await connect({ servers: bare.url });
    try {
      await sendSnapshot(nc, header, cleanArchive(cut, end!, CHUNK), () => undefined);
      expect(await (await storesOn(nc)).events.lastSequence()).toBe(last);
    } finally {
      await nc.close();
      await bare.remove();
    }
  });
});
