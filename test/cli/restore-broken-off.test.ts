import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import type { NatsConnection } from 'nats';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findNewestNatsServer } from '../../dev/binaries/nats-server.ts';
import { readManifest } from '../../src/cli/backup/manifest.ts';
import { atLeast } from '../../src/cli/doctor/finding.ts';
import { cleanArchive } from '../../src/event-store/jetstream/archive/clean-archive.ts';
import { readArchive } from '../../src/event-store/jetstream/archive/read-archive.ts';
import { STREAM, TIMER_STREAM } from '../../src/event-store/jetstream/names.ts';
import { whileRestoring } from '../../src/event-store/jetstream/restoring.ts';
import { CHUNK, sendSnapshot } from '../../src/event-store/jetstream/stream-snapshot.ts';
import { eventually } from '../support/await.ts';
import { COMMAND_SERVICE, QUERY_SERVICE, logged } from '../support/bank.ts';
import { jetbank, jetbankOk } from '../support/jetbank.ts';
import { freshDatabase } from '../support/mongo.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';
import { startService } from '../support/process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

const binary = await findNewestNatsServer();
/** Older ones leave nothing where a transfer breaks off. */
const leavesHalf = atLeast(binary.version ?? '0', '2.15.0');
const server = leavesHalf ? '2.15.3' : '2.14.0';
const backup = `test/fixtures/backups/nats-server-${server}`;
const UNDER_WAY = 'a restore of ACCOUNTS is under way, or broke off';

let nats: TestNats;
let nc: NatsConnection;
let jsm: JetStreamManager;
let folder: TempFolder;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await tempFolder('broken-off');
  nats = await startTestNats({ binary });
  await reconnect();
  env = { NATS_URL: nats.url };
});
afterEach(async () => {
  await nc.close();
  await nats.remove();
  await folder.remove();
});

async function reconnect(): Promise<void> {
  nc = await connect({ servers: nats.url });
  jsm = await jetstreamManager(nc);
}

/** What a call leaves that is killed while it sends, or behind it. */
async function send(until: 'half' | 'all'): Promise<void> {
  const { header, manifest } = await readManifest(backup);
  const archive = join(backup, 'stream.tar.s2');
  const { end } = await readArchive(archive);
  async function* half(): AsyncGenerator<Uint8Array> {
    for await (const chunk of cleanArchive(archive, end!, 1_000)) {
      // Three of the eight messages are there then, and a part of the fourth.
      if (sent > 2_400) return;
      sent += chunk.length;
      yield chunk;
    }
  }
  let sent = 0;
  const config = whileRestoring(header.config, manifest.archive.sha256);
  const chunks = until === 'half' ? half() : cleanArchive(archive, end!, CHUNK);
  const sending = sendSnapshot(nc, { ...header, config }, chunks, () => undefined);
  if (until === 'half') await expect(sending).rejects.toThrow();
  else await sending;
}

const messages = async () => (await jsm.streams.info(STREAM)).state.messages;

test.skipIf(!leavesHalf)(
  'half of a backup is not the log: nobody writes to it, works with it, or takes it for one',
  async () => {
    await send('half');
    const there = await messages();
    expect(there).toBeGreaterThan(0);
    expect(there).toBeLessThan(8);
    await expect(nc.request('bank.account.1.x', 'an event')).rejects.toThrow('no responders');

    const plan = await jetbank(env, 'streams', 'diff');
    expect([plan.exit, plan.stdout]).toEqual([1, expect.stringContaining(UNDER_WAY)]);
    const applied = await jetbank(env, 'streams', 'apply');
    expect([applied.exit, applied.stdout]).toEqual([1, expect.stringContaining(UNDER_WAY)]);
    expect(applied.stdout).not.toContain('of ACCOUNTS: made');
    const kept = await jetbank(env, 'backup', join(folder.path, 'backup'));
    expect([kept.exit, kept.stderr]).toEqual([1, expect.stringContaining(UNDER_WAY)]);

    const again = await jetbank(env, 'restore', backup);
    const why = `a restore of this backup is under way, or broke off: ACCOUNTS has ${there} messages`;
    expect([again.exit, again.stderr]).toEqual([1, expect.stringContaining(why)]);
    expect(again.stderr).toContain('remove it ("nats stream rm ACCOUNTS") and call this again');
    expect(await messages()).toBe(there);

    // It survives its server, and still is no log.
    nats.kill('SIGKILL');
    await nats.restart();
    await nc.close();
    await reconnect();
    expect(await messages()).toBe(there);
    await expect(nc.request('bank.account.1.x', 'an event')).rejects.toThrow('no responders');

    await jsm.streams.delete(STREAM);
    expect(await jetbankOk(env, 'restore', backup)).toContain('equal to the backup');
    expect((await jsm.streams.info(STREAM)).config).toMatchObject({ subjects: ['bank.account.>'] });
  },
);

test('the services wait for the end of a restore, and then work', async () => {
  await send('all');
  const database = freshDatabase();
  const settings = { ...env, MONGO_URI: database.uri };
  const services = await Promise.all(
    [COMMAND_SERVICE, QUERY_SERVICE].map((entry) => startService(entry, settings)),
  );
  try {
    for (const service of services) {
      const [entry] = await eventually(() => {
        const found = logged(service, 'the streams are not ready');
        return found.length > 0 && found;
      });
      expect(entry!['reason']).toContain(UNDER_WAY);
    }
    const checks = await jetbank(settings, 'doctor');
    expect([checks.exit, checks.stdout]).toEqual([
      1,
      expect.stringContaining(`fail  stream.ACCOUNTS: it is not the log yet: ${UNDER_WAY}`),
    ]);
    const { exit, stdout, stderr } = await jetbank(env, 'restore', backup);
    expect([exit, stdout]).toEqual([0, expect.stringContaining('equal to the backup')]);
    expect(stderr).toContain('the log is there already');
    const { config } = await jsm.streams.info(STREAM);
    expect(config.subjects).toEqual(['bank.account.>']);
    expect(Object.keys(config.metadata ?? {})).not.toContain('jetbank.restoring');
    for (const service of services) await service.ready();
  } finally {
    await Promise.all(services.map((service) => service.stop()));
    await database.drop();
  }
});

test.skipIf(!leavesHalf)('what the server does not take is told, with what stands', async () => {
  const copy = join(folder.path, 'copy');
  await cp(backup, copy, { recursive: true });
  const header = JSON.parse(await readFile(join(copy, 'backup.json'), 'utf8')) as {
    config: object;
  };
  const config = { ...header.config, max_msg_size: 100 };
  await writeFile(join(copy, 'backup.json'), JSON.stringify({ ...header, config }));
  const { exit, stderr } = await jetbank(env, 'restore', copy);
  expect([exit, stderr]).toEqual([1, expect.stringContaining('the backup was not taken: ')]);
  expect(stderr).toContain(
    'ACCOUNTS has 0 of 8 messages and is not the log: no service works with it. ' +
      'Remove it ("nats stream rm ACCOUNTS") and call this again',
  );
  await expect(jsm.streams.info(TIMER_STREAM)).rejects.toThrow('stream not found');
});
