import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { MongoClient } from 'mongodb';
import { connect } from 'nats';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describedConsumer } from '../../src/event-store/jetstream/consumers.ts';
import { STREAM, TIMER_CONSUMER, TIMER_STREAM } from '../../src/event-store/jetstream/names.ts';
import { streamsArgs } from '../../src/cli/streams/streams-args.ts';
import { applyPlan } from '../../src/cli/streams/apply.ts';
import { linesOf } from '../../src/cli/streams/print-plan.ts';
import { planStreams } from '../../src/cli/streams/plan.ts';
import type { PlanItem, PlanOptions } from '../../src/cli/streams/plan.ts';
import { checkpointStore } from '../../src/projections/checkpoint.ts';
import { controlStore } from '../../src/projections/control.ts';
import { jetbank } from '../support/jetbank.ts';
import { freshDatabase } from '../support/mongo.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';

const OPTIONS: PlanOptions = { replicas: undefined, groups: 1, permits: { fewerReplicas: false } };

let nats: TestNats;
let nc: NatsConnection;
let jsm: JetStreamManager;
let env: Record<string, string>;

beforeAll(async () => {
  nats = await startTestNats();
  nc = await connect({ servers: nats.url });
  jsm = await jetstreamManager(nc);
  env = { NATS_URL: nats.url };
});
afterAll(async () => {
  await nc.close();
  await nats.remove();
});

/** What "apply" does, in this process. */
async function apply(options = OPTIONS) {
  const plan = await planStreams(jsm, options);
  await applyPlan(jsm, plan, () => undefined);
  return plan.filter(({ action }) => action !== 'none');
}

const created = (plan: readonly PlanItem[]) =>
  plan.filter(({ action }) => action === 'create').map(({ name }) => name);

const differences = async () =>
  (await planStreams(jsm, OPTIONS)).flatMap(({ name, changes }) =>
    changes.map(({ setting }) => `${name}.${setting}`),
  );

test('from an empty server: all is missing, is planned, made, and then there is nothing to do', async () => {
  const before = await jetbank(env, 'streams', 'diff');
  expect(before.exit).toBe(1);
  expect(before.stdout).toContain('stream ACCOUNTS: missing');
  const planned = await jetbank(env, 'streams', 'plan');
  expect(planned.exit).toBe(0);
  expect(planned.stdout).toContain('consumer accounts-v1 of ACCOUNTS: create');

  const made = await jetbank(env, 'streams', 'apply');
  expect([made.exit, made.stderr]).toEqual([0, '']);
  expect(made.stdout.split('\n')).toEqual([
    'stream ACCOUNTS: made',
    'stream KV_ACCOUNT_SNAPSHOTS: made',
    'stream ACCOUNT_TIMERS: made',
    'consumer accounts-v1 of ACCOUNTS: made',
    'consumer hold-expiry of ACCOUNT_TIMERS: made',
  ]);
  expect(await apply()).toEqual([]);
  const after = await jetbank(env, 'streams', 'diff', '--json');
  expect(after.exit).toBe(0);
  expect(JSON.parse(after.stdout)).toMatchObject({ different: false, refused: false });
});

test('what is safe is changed, what would lose events is refused with what to do, and nothing else is touched', async () => {
  await jsm.streams.update(STREAM, {
    subjects: ['bank.account.>', 'bank.audit.>'],
    duplicate_window: 60_000_000_000,
    metadata: { owner: 'payments' },
  });
  await jsm.consumers.update(STREAM, 'accounts-v1', { max_ack_pending: 5 });
  const result = await jetbank(env, 'streams', 'apply');
  expect(result.exit).toBe(1);
  expect(result.stdout).toContain('stream ACCOUNTS: updated in part');
  expect(result.stdout).toContain(
    '    refused: bank.audit.> would not be stored any more, and whoever publishes there would get no answer\n' +
      '    do: keep it among the subjects of streams/ACCOUNTS.json',
  );
  const { config } = await jsm.streams.info(STREAM);
  expect(config).toMatchObject({
    subjects: ['bank.account.>', 'bank.audit.>'],
    duplicate_window: 120_000_000_000,
    metadata: { owner: 'payments', 'io.nats.monitor.subjects-warn': '5000000' },
  });
  expect(await differences()).toEqual(['ACCOUNTS.subjects']);
  const plan = await jetbank(env, 'streams', 'plan', '--json');
  expect(plan.exit).toBe(1);
  const { items } = JSON.parse(plan.stdout) as { items: object[] };
  expect(items[0]).toMatchObject({
    action: 'refuse',
    changes: [
      { setting: 'subjects', safe: false, remedy: expect.stringContaining('keep it') as string },
    ],
  });
  await jsm.streams.update(STREAM, { subjects: ['bank.account.>'] });
});

test('copies are kept where none are asked for, and more need a cluster', async () => {
  const [log] = await planStreams(jsm, { ...OPTIONS, replicas: 3 });
  expect(log?.changes[0]).toMatchObject({
    setting: 'num_replicas',
    verdict: { kind: 'refused', reason: expect.stringContaining('not in a cluster') as string },
  });
});

test('consumers: of the first build in as many groups as are asked for, until a rebuild has made others', async () => {
  const spread = await apply({ ...OPTIONS, groups: 2 });
  expect(spread.map(({ name }) => name)).toEqual(['accounts-v1-0of2', 'accounts-v1-1of2']);
  const { config } = await jsm.consumers.info(STREAM, 'accounts-v1');
  const later = { ...config, name: 'accounts-v2', durable_name: 'accounts-v2' };
  await jsm.consumers.add(STREAM, {
    ...later,
    ...{ deliver_policy: 'by_start_sequence' as const, opt_start_seq: 7, ack_wait: 1_000_000_000 },
  });
  for (const name of ['accounts-v1', 'accounts-v1-0of2', 'accounts-v1-1of2']) {
    await jsm.consumers.delete(STREAM, name);
  }
  expect(await differences()).toEqual(['accounts-v2.description', 'accounts-v2.ack_wait']);
  expect((await apply()).map(({ name }) => name)).toEqual(['accounts-v2']);
  expect(await differences()).toEqual([]);
});

test('of a later build, the consumers of the groups that are missing are made', async () => {
  await jsm.consumers.delete(STREAM, 'accounts-v2');
  for (const name of ['accounts-v2-0of2', 'accounts-v3-1of2']) {
    await jsm.consumers.add(STREAM, { ...describedConsumer('accounts-v1'), durable_name: name });
  }
  expect(created(await planStreams(jsm, OPTIONS))).toEqual([
    'accounts-v2-1of2',
    'accounts-v3-0of2',
  ]);
  // Once MongoDB is asked, nothing need be made of a build that it does not tell of.
  const checkpoints = new Map<string, number>();
  const use = 'served' as const;
  const builds = [{ projection: 'accounts', number: 3, shape: 2, groups: 2, use, checkpoints }];
  const plan = await planStreams(jsm, { ...OPTIONS, builds });
  expect(created(plan)).toEqual(['accounts-v3-0of2']);
  const orphans = plan.filter(({ orphan }) => orphan);
  expect(orphans.flatMap((item) => linesOf(item, 'diff')).join('\n')).toMatch(
    /accounts-v2-0of2 .*\n {2}of a build that MongoDB does not know; "nats consumer rm ACCOUNTS accounts-v2-0of2"/,
  );
  for (const name of ['accounts-v2-0of2', 'accounts-v3-1of2']) {
    await jsm.consumers.delete(STREAM, name);
  }
});

test('with MONGO_URI, the live build and the one before it have their consumers, which begin where those stand', async () => {
  const database = freshDatabase();
  const mongo = await new MongoClient(database.uri).connect();
  const build = (number: number, groups: number) => ({
    ...{ projection: 'accounts', number, shape: 2, groups },
  });
  const control = controlStore(mongo.db(), 'accounts');
  await control.open(build(1, 1));
  for (const later of [build(2, 2), build(3, 1), build(4, 1)]) await control.addBuild(later);
  await control.flip(1, 2);
  await control.flip(2, 3);
  for (const id of ['accounts-v2-0of2', 'accounts-v3']) {
    const checkpoint = checkpointStore(mongo.db(), id);
    await checkpoint.open();
    await checkpoint.move(0, { sequence: 41, at: undefined });
  }
  const { exit, stdout, stderr } = await jetbank(
    { ...env, MONGO_URI: database.uri },
    ...['streams', 'apply'],
  );
  expect([exit, stderr]).toEqual([0, '']);
  expect(stdout.split('\n').filter((line) => line.endsWith(': made'))).toEqual([
    'consumer accounts-v2-0of2 of ACCOUNTS: made',
    'consumer accounts-v2-1of2 of ACCOUNTS: made',
    'consumer accounts-v3 of ACCOUNTS: made',
  ]);
  const begins = async (name: string) =>
    (await jsm.consumers.info(STREAM, name)).config.opt_start_seq;
  expect(await begins('accounts-v2-0of2')).toBe(42);
  expect(await begins('accounts-v2-1of2')).toBeUndefined();
  expect(await begins('accounts-v3')).toBe(42);
  await mongo.close();
  await database.drop();
});

test('a MongoDB that cannot be asked is told, and all else is done', async () => {
  const uri = new URL(freshDatabase().uri);
  [uri.username, uri.password] = ['stranger', 'guessed'];
  const result = await jetbank({ ...env, MONGO_URI: uri.href }, 'streams', 'apply');
  expect(result.exit).toBe(0);
  expect(result.stderr).toMatch(
    /^which builds need consumers is not known: MONGO_URI: no connection/,
  );
  expect(result.stdout).toContain('consumer hold-expiry of ACCOUNT_TIMERS: nothing to do');
});

test('a consumer that was made otherwise is told how to be made anew', async () => {
  await jsm.consumers.delete(TIMER_STREAM, TIMER_CONSUMER);
  await jsm.consumers.add(TIMER_STREAM, {
    durable_name: TIMER_CONSUMER,
    ...{ ack_policy: 'explicit' as const, filter_subject: 'bank.timer.due.x.>' },
  });
  const plan = await planStreams(jsm, OPTIONS);
  const change = plan.at(-1)?.changes.find(({ setting }) => setting === 'filter_subjects');
  expect(change?.verdict).toMatchObject({
    kind: 'refused',
    remedy: expect.stringContaining('"nats consumer rm ACCOUNT_TIMERS hold-expiry"') as string,
  });
});

test('a server that is not there is told in one line', async () => {
  const { exit, stderr } = await jetbank({ NATS_URL: 'nats://127.0.0.1:1' }, 'streams', 'diff');
  expect([exit, stderr]).toEqual([
    1,
    'jetbank: NATS_URL: no connection to nats://127.0.0.1:1: connection refused',
  ]);
});

test.each([
  ['plan', 'now', /^it takes no "now"$/],
  ['diff', '--allow-fewer-replicas', /--allow-fewer-replicas/],
  ['apply', '--replicas=6', /^--replicas is "6", but must be a whole number from 1 to 5$/],
  ['apply', '--force', /--force/],
] as const)('"streams %s %s" is refused', (command, flag, message) => {
  expect(() => streamsArgs(command, [flag])).toThrow(message);
});
