import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Long } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordedEvent } from '../../src/account/events.ts';
import { withDatabase } from '../../src/cli/connections.ts';
import { encodeEvent } from '../../src/event-store/event-codec.ts';
import type { SnapshotStore } from '../../src/event-store/event-store.ts';
import { SNAPSHOT_STREAM, STREAM } from '../../src/event-store/jetstream/names.ts';
import { desiredStream } from '../../src/event-store/jetstream/stream-config.ts';
import { subjectOf } from '../../src/event-store/subjects.ts';
import { depositAfter, recordOf } from '../support/account-events.ts';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import { jetbank } from '../support/jetbank.ts';
import { storesOn } from '../support/jetstream-stores.ts';
import { seededRandom } from '../support/random.ts';
import { checkpointOf } from '../support/read-models.ts';

const EVENTS = 400;
const ACCOUNTS = 30;
const GROUPS = 4;
const BUILD = { number: 1, groups: GROUPS };
const STRAY = '00000000-0000-4000-8000-000000000000';

interface Stored {
  readonly _id: string;
  readonly version: number;
  readonly sequence: bigint;
}

let bank: Bank;
let snapshots: SnapshotStore;
/** Each account's events of the random history, the longest first. */
let histories: (readonly RecordedEvent[])[];

beforeAll(async () => {
  bank = await startBank({ env: { PROJECTION_GROUPS: String(GROUPS) } });
  const jsm = await jetstreamManager(bank.nc);
  // As it would be if somebody had made it by hand: for a test that deletes from the log.
  await jsm.streams.add({ ...desiredStream(STREAM, 1), deny_delete: false });
  const history = await historyWriter(bank.nc, seededRandom('cli-verify'), ACCOUNTS);
  await history.write(EVENTS);
  ({ snapshots } = await storesOn(bank.nc));
  const { events } = await bank.ledger();
  histories = [...Map.groupBy(events, ({ event }) => event.accountId).values()].sort(
    (a, b) => b.length - a.length,
  );
  await Promise.all(
    histories
      .filter((own) => own.length > 5)
      .map((own) => snapshots.save(recordOf(own.slice(0, own.length - (own.length % 5))))),
  );
  await bank.startQuery();
  await eventually(async () => (await checkpointOf(bank.db, BUILD)) !== 0n);
  await untilShown(EVENTS);
});
afterAll(() => bank.stop());

interface Report {
  readonly ok: boolean;
  readonly findingCount: number;
  readonly first: { readonly sequence: number; readonly what: string } | null;
  readonly findings: readonly { readonly sequence: number; readonly what: string }[];
  readonly snapshots: { readonly compared: number; readonly missing: number };
}

/** What it says, and that its exit code says the same. */
async function verified(): Promise<Report> {
  const { exit, stdout, stderr } = await jetbank(bank.env, 'verify', '--json');
  expect(stdout, stderr).toMatch(/^\{.*\}$/);
  const report = JSON.parse(stdout) as Report;
  expect(exit).toBe(report.ok ? 0 : 1);
  return report;
}

/** Resolves once the last event of the log shows in the read models. */
const untilShown = (sequence: number) =>
  eventually(async () => {
    const filter = { sequence: { $gte: BigInt(sequence) } };
    return (await documents().countDocuments(filter)) > 0;
  });

const documents = () => bank.db.collection<Stored>('accounts_v1');
const lines = () => bank.db.collection<Stored>('transactions_v1');

test('a sound ledger has no findings, and what was compared is told', async () => {
  const { exit, stdout, stderr } = await jetbank(bank.env, 'verify');
  expect(stdout).toMatch(/^log: 400 events of 30 accounts, up to stream sequence 400$/m);
  expect(stdout).toMatch(/^snapshots: \d+ compared, \d+ accounts? ha(s|ve) none$/m);
  expect(stdout).toMatch(/^read models: 30 accounts and \d+ lines of build 1 compared/m);
  expect(stdout).toMatch(/^money in USD: .* net to zero$/m);
  expect(stdout).toMatch(/^no findings$/m);
  expect(stderr).toContain('100%  400 of 400 events');
  expect(exit).toBe(0);
});

test('the log is verified where MongoDB cannot be asked, and that is told', async () => {
  const uri = new URL(bank.env['MONGO_URI'] ?? '');
  [uri.username, uri.password] = ['stranger', 'guessed'];
  const { exit, stdout } = await jetbank({ ...bank.env, MONGO_URI: uri.href }, 'verify');
  expect(stdout).toMatch(/^log: 400 events of 30 accounts, up to stream sequence 400$/m);
  expect(stdout).toMatch(/^read models: not looked at: MONGO_URI: no connection to /m);
  expect(stdout).toMatch(/^no findings$/m);
  expect(exit).toBe(1);
});

test('and where MongoDB is lost, or refuses, while it is asked', async () => {
  // A view, for which MongoDB refuses what it is asked of a collection.
  await bank.db.collection('accounts_v1').rename('accounts_kept');
  await bank.db.createCollection('accounts_v1', {
    viewOn: 'accounts_kept',
    pipeline: [{ $set: { broken: { $divide: [1, 0] } } }],
  });
  const { exit, stdout } = await jetbank(bank.env, 'verify');
  await bank.db.collection('accounts_v1').drop();
  await bank.db.collection('accounts_kept').rename('accounts_v1');
  expect(stdout).toMatch(/^log: 400 events of 30 accounts, up to stream sequence 400$/m);
  expect(stdout).toMatch(/^read models: not looked at: .*zero/m);
  expect(exit).toBe(1);
});

test('MongoDB may take its time to count and to sort a large read model', async () => {
  const timeout = await withDatabase(bank.env['MONGO_URI'] ?? '', ({ client }) =>
    Promise.resolve(client.options.socketTimeoutMS),
  );
  expect(timeout).toBe(0);
});

describe('snapshots', () => {
  test('one that is gone is none to compare, one that is wrong is found', async () => {
    const before = await verified();
    const [first, second] = histories;
    const [gone, wrong] = [first![0]!.event.accountId, second![0]!.event.accountId];
    const jsm = await jetstreamManager(bank.nc);
    await jsm.streams.purge(SNAPSHOT_STREAM, { filter: `$KV.ACCOUNT_SNAPSHOTS.${gone}` });
    const missing = await verified();
    expect(missing.ok).toBe(true);
    expect(missing.snapshots.missing).toBe(before.snapshots.missing + 1);

    const record = recordOf(second!);
    const { account } = record;
    await snapshots.save({ ...record, account: { ...account, balance: account.balance + 1n } });
    expect(await verified()).toMatchObject({
      findingCount: 1,
      first: {
        ...{ accountId: wrong, sequence: record.sequence, invariant: 'I4' },
        remedy: expect.stringContaining('jetbank snapshots rebuild') as string,
      },
    });
    await snapshots.save(record);
  });
});

describe('read models', () => {
  test('are held against the log up to the checkpoint of the account’s own group', async () => {
    // All groups but one stay where they are.
    const events = histories.find((own) => own.at(-1)!.event.type !== 'AccountClosed')!;
    const last = events.at(-1)!;
    const { accountId } = last.event;
    const next = depositAfter(last.event);
    const sequence = await publish(accountId, encodeEvent(next), last.sequence);
    await untilShown(sequence);
    await eventually(async () => (await furthestCheckpoint()) === BigInt(sequence));
    expect(await checkpointOf(bank.db, BUILD)).toBeLessThan(BigInt(sequence));
    expect((await verified()).ok).toBe(true);

    const id = { _id: `${accountId}:${next.version}` };
    const line = await lines().findOne(id);
    await lines().deleteOne(id);
    expect(await verified()).toMatchObject({
      findingCount: 1,
      first: { sequence, accountId, what: expect.stringContaining('is missing') as string },
    });
    await lines().insertOne(line!);
  });

  test('documents that are not what the events make, and strays, are told one by one', async () => {
    const [changed, copied] = await documents().find().sort({ sequence: 1 }).limit(2).toArray();
    const before = await documents().findOne({ _id: changed!._id });
    await documents().updateOne({ _id: changed!._id }, { $set: { balance: Long.fromNumber(1) } });
    await documents().insertOne({ ...copied!, _id: STRAY });
    const line = await lines().findOne({}, { sort: { sequence: -1 } });
    await lines().insertOne({ ...line!, _id: `${STRAY}:1` });
    await lines().insertOne({ ...line!, _id: `${STRAY}:2` });
    const { findings, findingCount } = await verified();
    expect(findingCount).toBe(4);
    const told = findings.map(({ sequence, what }) => `${sequence} ${what}`);
    expect(told).toEqual([
      `${changed!.sequence} accounts_v1 ${changed!._id} is not what the log makes of it`,
      `${copied!.sequence} accounts_v1 ${STRAY} is of an account that the log does not have`,
      `${line!.sequence} transactions_v1 ${STRAY}:1 is of no event of the log`,
      `${line!.sequence} transactions_v1 ${STRAY}:2 is of no event of the log`,
    ]);
    await documents().replaceOne({ _id: changed!._id }, before!);
    await documents().deleteOne({ _id: STRAY });
    await lines().deleteMany({ _id: { $in: [`${STRAY}:1`, `${STRAY}:2`] } });
    expect((await verified()).ok).toBe(true);
  });
});

// From here on the log is wrong, and nothing mends it: each test damages what is before the last one's.
describe('the log', () => {
  const damaged = () => histories.filter((own) => own.at(-1)!.event.type !== 'AccountClosed');

  test('an event that cannot be read is found', async () => {
    const last = damaged().at(-1)!.at(-1)!;
    const sequence = await publish(last.event.accountId, Buffer.from('no event'), last.sequence);
    const { first } = await verified();
    expect(first).toMatchObject({ sequence, accountId: last.event.accountId, invariant: 'I6' });
    expect(first!.what).toMatch(/^cannot be read: /);
  });

  test('an event with a wrong balance is found, and told with what to do', async () => {
    const last = damaged().at(-2)!.at(-1)!;
    const wrong = { ...depositAfter(last.event), balance: 1_000_000_000n };
    const sequence = await publish(last.event.accountId, encodeEvent(wrong), last.sequence);
    const { exit, stdout } = await jetbank(bank.env, 'verify');
    expect(exit).toBe(1);
    expect(stdout).toContain(`stream sequence ${sequence}, account ${last.event.accountId}: `);
    expect(stdout).toMatch(/the event says 1000000000 \(balance\) \(I6\)$/m);
    expect(stdout).toMatch(
      /^what to do: .*restore the stream from a backup: jetbank restore DIR$/m,
    );
  });

  test('a message that was deleted is found first, and the version that is missing', async () => {
    // Of no transfer: without one side, what is left of it is found too, and before the gap.
    const [, deleted, after] = damaged()
      .slice(2)
      .find(([, second]) => !second!.event.type.startsWith('Transfer'))!;
    const { sequence } = deleted!;
    const jsm = await jetstreamManager(bank.nc);
    await jsm.streams.deleteMessage(STREAM, sequence);
    const { first, findings } = await verified();
    expect(first).toMatchObject({ sequence, invariant: 'I2' });
    expect(findings).toContainEqual(
      expect.objectContaining({
        sequence: after!.sequence,
        what: 'version 3 stands where 2 belongs',
      }),
    );
  });
});

/** Puts a payload onto the account's subject as its next message. Answers its stream sequence. */
async function publish(accountId: string, payload: Uint8Array, after: number): Promise<number> {
  const expect = { lastSubjectSequence: after };
  return (await jetstream(bank.nc).publish(subjectOf(accountId), payload, { expect })).seq;
}

async function furthestCheckpoint(): Promise<bigint> {
  const found = await bank.db.collection<Stored>('checkpoints').find().toArray();
  return found.reduce((most, { sequence }) => (sequence > most ? sequence : most), 0n);
}
