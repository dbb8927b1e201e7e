import { randomUUID } from 'node:crypto';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { Long } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SNAPSHOT_BUCKET, SNAPSHOT_STREAM } from '../../src/event-store/jetstream/names.ts';
import type { JetStreamStores } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import { subjectOf } from '../../src/event-store/subjects.ts';
import { depositAfter, historyOf, recordOf, writeOf } from '../support/account-events.ts';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { jetbank, jetbankOk, startJetbank } from '../support/jetbank.ts';
import { freshStreams, storesOn } from '../support/jetstream-stores.ts';
import { untilProjected } from '../support/read-models.ts';

const EVENTS = 7;
const [ada, bob, eve] = [randomUUID(), randomUUID(), randomUUID()];
const NOBODY = randomUUID();

let bank: Bank;
let stores: JetStreamStores;

beforeAll(async () => {
  bank = await startBank();
  await freshStreams(bank.nc);
  stores = await storesOn(bank.nc);
  for (const id of [ada, bob, eve]) {
    await stores.events.append([writeOf(id, 0, ...historyOf(id, EVENTS))]);
    await stores.snapshots.save(recordOf(await stores.events.history(id, 0, 5)));
  }
  await bank.startQuery();
  await untilProjected(bank.db, 3 * EVENTS);
});
afterAll(() => bank.stop());

const lastOf = async (id: string) => (await stores.events.head(id, 'leader'))!;

test('accounts show: log, snapshot and read model beside each other', async () => {
  const text = await jetbankOk(bank.env, 'accounts', 'show', ada);
  expect(text).toMatch(/^version +7 +5 +7$/m);
  expect(text).toMatch(/^stream sequence +7 +5 +7$/m);
  expect(text).toMatch(/^balance +10\.06 +10\.04 +10\.06$/m);
  expect(text).toContain('snapshot and read model are what the events make of them');
  const shown = JSON.parse(await jetbankOk(bank.env, 'accounts', 'show', ada, '--json')) as object;
  expect(shown).toMatchObject({
    ...{ ok: true, accountId: ada, broken: null },
    log: { version: 7, sequence: 7, balance: '10.06', status: 'open', available: '10.06' },
    snapshot: { found: { version: 5 }, wrong: null },
    readModel: { found: { version: 7 }, wrong: null, parked: false },
  });
});

test('accounts show: what is wrong, and what to do', async () => {
  const record = recordOf(await stores.events.history(bob, 0, 5));
  await stores.snapshots.save({ ...record, account: { ...record.account, balance: 1n } });
  const documents = bank.db.collection<{ _id: string }>('accounts_v1');
  await documents.updateOne({ _id: bob }, { $set: { balance: Long.fromNumber(1) } });
  const { exit, stdout } = await jetbank(bank.env, 'accounts', 'show', bob);
  expect(exit).toBe(1);
  expect(stdout).toContain(`the snapshot is not what the events make of its version`);
  expect(stdout).toContain(`"jetbank snapshots rebuild ${bob}"`);
  expect(stdout).toContain('"jetbank projections rebuild accounts"');
});

test('events: one line an event, from a version on, as JSON too', async () => {
  const lines = (await jetbankOk(bank.env, 'events', ada)).split('\n');
  expect(lines).toHaveLength(EVENTS);
  expect(lines[0]).toMatch(/^1 {2}v1 {2}\S+Z {2}AccountCreated {2}.*ownerName="Ada Lovelace"/);
  const json = await jetbankOk(bank.env, 'events', ada, '--from-version', '6', '--json');
  expect(json.split('\n').map((line) => JSON.parse(line) as object)).toMatchObject([
    { sequence: 6, version: 6, type: 'MoneyDeposited', amount: '0.01', balance: '10.05' },
    { sequence: 7, version: 7 },
  ]);
});

test('events --follow: goes on with what comes, and ends well with Ctrl-C', async () => {
  const following = startJetbank(bank.env, 'events', ada, '--from-version', '7', '--follow');
  await eventually(() => following.stdout.length === 1);
  const { event, sequence } = await lastOf(ada);
  await stores.events.append([writeOf(ada, sequence, depositAfter(event))]);
  await eventually(() => following.stdout.length === 2);
  expect(following.stdout[1]).toMatch(/^22 {2}v8 {2}.*MoneyDeposited/);
  following.kill('SIGINT');
  expect(await following.exit).toBe(0);
  expect(following.stderr).toEqual([]);
});

test('snapshots show: the snapshot as it stands', async () => {
  const shown = JSON.parse(await jetbankOk(bank.env, 'snapshots', 'show', eve)) as object;
  expect(shown).toMatchObject({ type: 'AccountSnapshot', accountId: eve, version: 5 });
  const bucket = await new Kvm(bank.nc).open(SNAPSHOT_BUCKET);
  await bucket.put(eve, 'torn');
  const torn = await jetbank(bank.env, 'snapshots', 'show', eve);
  expect(torn).toMatchObject({ exit: 1, stdout: '' });
  expect(torn.stderr).toContain(`"jetbank snapshots rebuild ${eve}" makes it anew`);
  const jsm = await jetstreamManager(bank.nc);
  await jsm.streams.purge(SNAPSHOT_STREAM, { filter: `$KV.ACCOUNT_SNAPSHOTS.${eve}` });
  expect((await jetbank(bank.env, 'snapshots', 'show', eve)).stderr).toMatch(/has no snapshot$/);
});

test('snapshots rebuild: of one, of all, whatever stood there', async () => {
  const one = await jetbankOk(bank.env, 'snapshots', 'rebuild', bob);
  expect(one).toContain(`${bob}: snapshot of version 7 written`);
  expect(await jetbankOk(bank.env, 'snapshots', 'rebuild', '--all')).toMatch(
    /^3 snapshots written/m,
  );
  for (const id of [ada, bob, eve]) {
    const record = recordOf(await stores.events.history(id, 0, 10));
    expect(await stores.snapshots.load(id, 'leader')).toEqual({ kind: 'found', record });
  }
});

test('an account whose events do not follow one another is told, and the others are done', async () => {
  const { sequence } = await lastOf(eve);
  await jetstream(bank.nc).publish(subjectOf(eve), 'no event', {
    expect: { lastSubjectSequence: sequence },
  });
  const rebuilt = await jetbank(bank.env, 'snapshots', 'rebuild', '--all', '--json');
  expect(rebuilt.exit).toBe(1);
  expect(JSON.parse(rebuilt.stdout)).toMatchObject({ written: 2, failed: [{ accountId: eve }] });
  const events = await jetbank(bank.env, 'events', eve, '--from-version', '7');
  expect(events.exit).toBe(1);
  expect(events.stdout.split('\n')[1]).toMatch(/^23 {2}cannot be read: /);
  const shown = await jetbank(bank.env, 'accounts', 'show', eve);
  expect(shown.exit).toBe(1);
  expect(shown.stdout).toContain('the log cannot be read on at stream sequence 23: ');
});

test.each([
  [['events', NOBODY], 1, `the log has no account ${NOBODY}`],
  [['events', 'nobody'], 2, '"nobody" is no account id'],
  [['events', ada, '--from-version', '0'], 2, '--from-version is "0"'],
  [['snapshots', 'rebuild'], 2, 'name accounts, or all of them with --all'],
])('%j ends with %i', async (args, exit, told) => {
  const result = await jetbank(bank.env, ...args);
  expect(result.exit).toBe(exit);
  expect(result.stderr).toContain(told);
});
