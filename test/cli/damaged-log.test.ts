import { randomUUID } from 'node:crypto';
import { glob, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditLog } from '../../src/cli/audit/audit-log.ts';
import { ARCHIVE, readManifest } from '../../src/cli/backup/manifest.ts';
import { cleanArchive } from '../../src/event-store/jetstream/archive/clean-archive.ts';
import { entryAt, entryBytes } from '../../src/event-store/jetstream/archive/entry.ts';
import { readArchive } from '../../src/event-store/jetstream/archive/read-archive.ts';
import { STREAM } from '../../src/event-store/jetstream/names.ts';
import { CHUNK, sendSnapshot } from '../../src/event-store/jetstream/stream-snapshot.ts';
import { subjectOf } from '../../src/event-store/subjects.ts';
import { historyOf, writeOf } from '../support/account-events.ts';
import { jetbank, jetbankOk } from '../support/jetbank.ts';
import { freshStreams, storesOn } from '../support/jetstream-stores.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

const ACCOUNT = randomUUID();
const EVENTS = 8;

let nats: TestNats;
let folder: TempFolder;

beforeAll(async () => {
  folder = await tempFolder('backups');
  nats = await startTestNats();
  const nc = await connect({ servers: nats.url });
  await freshStreams(nc);
  const { events } = await storesOn(nc);
  await events.append([writeOf(ACCOUNT, 0, ...historyOf(ACCOUNT, EVENTS))]);
  await nc.request(subjectOf(randomUUID()), 'no event');
  await nc.close();
});
afterAll(async () => {
  await nats.remove();
  await folder.remove();
});

const backup = (name: string) =>
  [{ NATS_URL: nats.url }, 'backup', join(folder.path, name)] as const;

test('a bad event of the log itself is backed up with it', async () => {
  expect(await jetbankOk(...backup('bad-event'))).toContain(`${EVENTS + 1} messages`);
});

/** The first entry of an archive of messages that ends there. */
function stateUpTo(state: Buffer, last: number): Buffer {
  const entry = entryAt(state, 0, 0)!;
  const whole = JSON.parse(entry.payload.toString()) as object;
  const cut = { ...whole, messages: last, last_seq: last };
  return entryBytes({ ...entry, payload: Buffer.from(JSON.stringify(cut)) });
}

test('half of an append, restored past jetbank, is found', async () => {
  const { header } = await readManifest(join(folder.path, 'bad-event'));
  const archive = join(folder.path, 'bad-event', ARCHIVE);
  const places: number[] = [];
  const { end } = await readArchive(archive, ({ at }) => void places.push(at));
  const bare = await startTestNats();
  try {
    const nc = await connect({ servers: bare.url });
    const half = { ...end!, keep: places[EVENTS / 2]! };
    const torn = 'state' in half ? { ...half, state: stateUpTo(half.state, EVENTS / 2) } : half;
    await sendSnapshot(nc, header, cleanArchive(archive, torn, CHUNK), () => undefined);
    const { events } = await storesOn(nc);
    const untilSequence = await events.lastSequence();
    const sleep = () => Promise.resolve();
    const { findings } = await auditLog({ events, untilSequence, sleep });
    expect(findings.list()).toMatchObject([{ sequence: EVENTS / 2, invariant: 'I1' }]);
    await nc.close();
  } finally {
    await bare.remove();
  }
});

test('a message that has rotted on the disk of the server makes no backup', async () => {
  await nats.stop();
  for await (const file of glob(join(nats.dataDir, '**', STREAM, '**', '*.blk'))) {
    const bytes = await readFile(file);
    // The Avro marker of the second event's payload.
    const marker = Buffer.from([0xc3, 0x01]);
    bytes[bytes.indexOf(marker, bytes.indexOf(marker) + 1)] = 0;
    await writeFile(file, bytes);
  }
  await nats.restart();
  const { exit, stderr } = await jetbank(...backup('rotten'));
  expect([exit, stderr]).toEqual([
    1,
    // Up to 2.14 the server sends it as it stands in the file, from 2.15 on it leaves it out.
    expect.stringMatching(
      /(message 2 of the backup cannot be read|the backup has 8 messages from 1 to 9, but ACCOUNTS had 9) .*This is no backup/,
    ),
  ]);
});

test('a file of the server that is gone makes no backup', async () => {
  await nats.restart();
  for await (const file of glob(join(nats.dataDir, '**', STREAM, '**', '*.blk'))) await rm(file);
  const { exit, stderr } = await jetbank(...backup('gone'));
  expect([exit, stderr]).toEqual([1, expect.stringMatching(/^jetbank: .* This is no backup: /m)]);
});
