import { appendFile, cp, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanArchive } from '../../src/event-store/jetstream/archive/clean-archive.ts';
import { readArchive } from '../../src/event-store/jetstream/archive/read-archive.ts';
import { SNAPSHOT_STREAM, STREAM, TIMER_STREAM } from '../../src/event-store/jetstream/names.ts';
import { provisionStreams } from '../../src/event-store/jetstream/provision.ts';
import { startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { jetbank, jetbankOk } from '../support/jetbank.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

const HOUR = 3_600_000;

let lost: Bank;
let folder: TempFolder;
let backup: string;
const accounts: string[] = [];

/** Every account as the query service tells it, and its statement. */
async function answers(bank: Bank): Promise<unknown[]> {
  const queries = await bank.startQuery();
  await untilProjected(bank.db, (await bank.ledger()).lastSequence);
  const paths = accounts.flatMap((id) => [`/accounts/${id}`, `/accounts/${id}/transactions`]);
  return Promise.all(paths.map(async (path) => (await queries.get(path)).body));
}

beforeAll(async () => {
  folder = await tempFolder('backup');
  backup = join(folder.path, 'log');
  lost = await startBank();
  const commands = await lost.startCommand();
  for (let index = 0; index < 10; index += 1) {
    accounts.push((await commands.create('100.00')).account.accountId);
  }
  const [ada = '', bob = ''] = accounts;
  for (let round = 0; round < 5; round += 1) {
    const transfer = { fromAccountId: ada, toAccountId: bob, amount: 1 };
    expect((await commands.post('/transfers', transfer)).status).toBe(201);
  }
  const expiresAt = new Date(Date.now() + HOUR).toISOString();
  const hold = await commands.post(`/accounts/${ada}/holds`, { amount: 5, expiresAt });
  expect(hold.status).toBe(201);
  await jetbankOk(lost.env, 'backup', backup);
});
afterAll(async () => {
  await lost.stop();
  await folder.remove();
});

test('the backup says what it holds, and never writes into another one', async () => {
  expect((await readdir(backup)).sort()).toEqual(['backup.json', 'jetbank.json', 'stream.tar.s2']);
  const { lastSequence, events } = await lost.ledger();
  const manifest = JSON.parse(await readFile(join(backup, 'jetbank.json'), 'utf8')) as unknown;
  expect(manifest).toMatchObject({
    ...{ format: 1, stream: STREAM },
    log: { first: 1, last: lastSequence, messages: events.length },
  });
  const again = await jetbank(lost.env, 'backup', backup);
  expect([again.exit, again.stderr]).toEqual([1, expect.stringContaining('is not empty')]);
});

test('with NATS and MongoDB gone, every account comes back as it was', async () => {
  const before = await answers(lost);
  const ledger = await lost.ledger();
  const fresh = await startBank();
  try {
    const jsm = await jetstreamManager(fresh.nc);
    // What others left there: a snapshot of a later state.
    await provisionStreams(jsm, { create: true, replicas: 1, names: [SNAPSHOT_STREAM] });
    fresh.nc.publish(`$KV.ACCOUNT_SNAPSHOTS.${accounts[0]}`, 'of a log that is gone');

    const restored = await jetbankOk(fresh.env, 'restore', backup);
    expect(restored).toMatch(
      /^ACCOUNTS: 21 messages, .* equal to the backup; 1 timer of an open hold set$/,
    );
    const [then, now] = await Promise.all(
      [lost, fresh].map(async ({ nc }) => {
        const stream = await (await jetstreamManager(nc)).streams.info(STREAM);
        return { config: stream.config, state: { ...stream.state, consumer_count: 0 } };
      }),
    );
    expect(now).toEqual(then);
    expect((await jsm.streams.info(SNAPSHOT_STREAM)).state.messages).toBe(0);
    expect((await jsm.streams.info(TIMER_STREAM)).state.messages).toBe(1);

    // As if it had been broken off once the log was there.
    await jsm.streams.purge(TIMER_STREAM);
    const again = await jetbank(fresh.env, 'restore', backup);
    expect(again).toMatchObject({ exit: 0, stdout: restored });
    expect(again.stderr).toContain('the log is there already: only checking it and setting timers');
    expect((await jsm.streams.info(TIMER_STREAM)).state.messages).toBe(1);

    const moved = await jetbank(fresh.env, 'restore', backup, '--replicas', '3');
    const copies = `${STREAM} is there with 1 copies, not 3: nothing was changed`;
    expect([moved.exit, moved.stderr]).toEqual([1, expect.stringContaining(copies)]);

    await jetbankOk(fresh.env, 'streams', 'apply');
    expect(await answers(fresh)).toEqual(before);
    await expectReadModelsOf(fresh.db, ledger);
    const commands = await fresh.startCommand();
    expect((await commands.deposit(accounts[0] ?? '', '1.00')).account.balance).toBe('96.00');

    const { state } = await jsm.streams.info(STREAM);
    const refused = await jetbank(fresh.env, 'restore', backup);
    const why = `there is a stream ${STREAM} already, with 22 messages: nothing was restored`;
    expect([refused.exit, refused.stderr]).toEqual([1, expect.stringContaining(why)]);
    expect((await jsm.streams.info(STREAM)).state).toEqual(state);
  } finally {
    await fresh.stop();
  }
});

test('a log of as many messages that is another one is left alone, and nobody is told to remove it', async () => {
  const other = await startBank();
  try {
    const commands = await other.startCommand();
    const jsm = await jetstreamManager(other.nc);
    for (let index = 0; index < 21; index += 1) await commands.create('1.00');
    const { state } = await jsm.streams.info(STREAM);
    const { exit, stderr } = await jetbank(other.env, 'restore', backup);
    const why = `there is a stream ${STREAM} already, with 21 messages: nothing was restored. Back it up`;
    expect([exit, stderr]).toEqual([1, expect.stringContaining(why)]);
    expect((await jsm.streams.info(STREAM)).state).toEqual(state);
  } finally {
    await other.stop();
  }
});

test('a backup that ends in the middle of an append ends before it', async () => {
  const archive = join(backup, 'stream.tar.s2');
  const ends: number[] = [];
  // The archive has one block, where it has blocks.
  const whole = await readArchive(archive, ({ at, headers }) => {
    if (headers.includes('Nats-Batch-Commit')) ends.push(at);
  });
  const torn = join(folder.path, 'torn.tar.s2');
  const middle = { ...whole.end!, keep: ends.at(-1)! };
  await writeFile(torn, cleanArchive(archive, middle, 1_000));
  const { seen, log, end } = await readArchive(torn);
  expect([log.last, seen]).toEqual([seen - 1, whole.log.last - 2]);

  const mended = join(folder.path, 'mended.tar.s2');
  await writeFile(mended, cleanArchive(torn, end!, 1_000));
  expect(await readArchive(mended)).toMatchObject({ seen: log.last, log });
});

test.each([
  ['cut off', (file: string) => truncate(file, 600), /is damaged: it ends/],
  ['longer', (file: string) => appendFile(file, 'x'), /(is damaged|is not what was backed up)/],
  ['altered', alter, /(is damaged|is not what was backed up)/],
  ['empty', (file: string) => truncate(file, 0), /is damaged: it is empty/],
])('an archive that is %s is refused before anything is changed', async (how, break_, message) => {
  const broken = join(folder.path, how);
  await mkdir(broken);
  await cp(backup, broken, { recursive: true });
  await break_(join(broken, 'stream.tar.s2'));
  const { exit, stderr } = await jetbank({ NATS_URL: 'nats://127.0.0.1:1' }, 'restore', broken);
  expect([exit, stderr]).toEqual([1, expect.stringMatching(message)]);
  expect(stderr).toContain('Nothing was restored');
});

async function alter(file: string): Promise<void> {
  const bytes = await readFile(file);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(file, bytes);
}

test('a folder without a whole backup is refused', async () => {
  const { exit, stderr } = await jetbank({}, 'restore', folder.path);
  expect([exit, stderr]).toEqual([1, expect.stringContaining('jetbank.json is missing')]);
});
