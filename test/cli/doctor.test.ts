import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atLeast, clockFinding } from '../../src/cli/doctor/finding.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { describedConsumer } from '../../src/event-store/jetstream/consumers.ts';
import { accountProjection } from '../../src/projections/account-projection.ts';
import { controlStore } from '../../src/projections/control.ts';
import { startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { jetbank, jetbankOk } from '../support/jetbank.ts';
import { startTestNats } from '../support/nats.ts';

const SHAPE = accountProjection.version;
const ACCOUNT = '00000000-0000-4000-8000-000000000000';

let bank: Bank;
let jsm: JetStreamManager;

beforeAll(async () => {
  bank = await startBank();
  jsm = await jetstreamManager(bank.nc);
});
afterAll(() => bank.stop());

async function examine(env: Readonly<Record<string, string>> = bank.env) {
  const { exit, stdout, stderr } = await jetbank(env, 'doctor', '--json');
  expect(stderr).toBe('');
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const levels = Object.fromEntries(findings.map(({ check, level }) => [check, level]));
  return { exit, levels, find: (name: string) => findings.find(({ check }) => check === name) };
}

test('an empty server fails for want of its streams, and says what to do', async () => {
  const { exit, levels, find } = await examine();
  expect(exit).toBe(1);
  expect(levels).toMatchObject({ 'nats.connection': 'ok', 'mongo.connection': 'ok' });
  expect(find('stream.ACCOUNTS')).toMatchObject({
    level: 'fail',
    remedy: '"jetbank streams apply" makes it',
  });
});

test.each([
  ['verify', '--json'],
  ['projections', 'status'],
  ['projections', 'rebuild', 'accounts'],
  ['projections', 'pause', 'accounts'],
  ['accounts', 'show', ACCOUNT],
  ['events', ACCOUNT],
])('without a log, "%s %s" says so in a line, and leaves nothing behind', async (...args) => {
  const { exit, stderr } = await jetbank(bank.env, ...args);
  expect([exit, stderr]).toEqual([
    1,
    expect.stringMatching(/^jetbank: there is no stream ACCOUNTS on 127\.0\.0\.1:\d+: .*apply"$/),
  ]);
  expect(await bank.db.collection('projections').countDocuments()).toBe(0);
});

test('what is sound is ok, and what an operator should know is a warning', async () => {
  await jetbankOk(bank.env, 'streams', 'apply');
  const { exit, levels, find } = await examine();
  expect(exit).toBe(0);
  expect(levels).toMatchObject({
    ...{ 'nats.permissions': 'ok', 'nats.clock': 'ok', 'mongo.clock': 'ok', 'mongo.version': 'ok' },
    ...{ 'stream.ACCOUNTS': 'ok', 'consumer.ACCOUNTS.accounts-v1': 'ok' },
    ...{ 'log.durability': 'warn', 'mongo.read-models': 'warn' },
  });
  expect(find('log.durability')?.detail).toContain('a power loss only with sync_interval: always');
});

test('drift and events that nobody takes are warnings', async () => {
  await jsm.streams.update('ACCOUNTS', { duplicate_window: 60_000_000_000 });
  bank.nc.publish('bank.account.1.x', 'an event');
  await bank.nc.flush();
  const { exit, find } = await examine();
  expect(exit).toBe(0);
  expect(find('stream.ACCOUNTS')?.detail).toBe('it differs from streams/ in duplicate_window');
  expect(find('lag.ACCOUNTS.accounts-v1')).toMatchObject({
    level: 'warn',
    detail: '1 message waits and nobody takes it',
    remedy: 'start account-query',
  });
});

test('of the builds, only what serves queries must be worked on, and what nobody knows is told', async () => {
  const control = controlStore(bank.db, 'accounts');
  const build = (number: number) => ({ projection: 'accounts', number, shape: SHAPE, groups: 1 });
  await control.open(build(1));
  for (const number of [2, 3, 4]) {
    const name = `accounts-v${number}`;
    await jsm.consumers.add('ACCOUNTS', {
      ...describedConsumer('accounts-v1'),
      durable_name: name,
    });
  }
  await control.addBuild(build(2));
  await control.addBuild(build(3));
  await control.flip(1, 2);
  const { find } = await examine();
  expect(find('lag.ACCOUNTS.accounts-v1')).toMatchObject({
    ...{ level: 'ok', detail: '1 message waits; of the previous build, kept for --rollback' },
  });
  expect(find('lag.ACCOUNTS.accounts-v2')?.remedy).toBe('start account-query');
  expect(find('lag.ACCOUNTS.accounts-v3')?.remedy).toContain('--abandon" removes it');
  expect(find('lag.ACCOUNTS.accounts-v4')).toBeUndefined();
  expect(find('consumer.ACCOUNTS.accounts-v4')).toMatchObject({
    level: 'warn',
    detail: 'of a build that MongoDB does not know',
    remedy: '"nats consumer rm ACCOUNTS accounts-v4" removes it',
  });
  const away = await examine({ ...bank.env, MONGO_URI: 'mongodb://127.0.0.1:1/bank' });
  expect(away.find('lag.ACCOUNTS.accounts-v1')?.remedy).toContain('kept for --rollback');
});

test('servers that are not there fail by themselves, and the rest is looked at all the same', async () => {
  const { exit, levels } = await examine({ ...bank.env, NATS_URL: 'nats://127.0.0.1:1' });
  expect([exit, levels['nats.connection'], levels['mongo.connection']]).toEqual([1, 'fail', 'ok']);
});

test('a user who may not do everything is told what it may not', async () => {
  const allow =
    '["$JS.API.STREAM.INFO.>", "$JS.API.CONSUMER.LIST.>", "$JS.API.INFO", "$SYS.REQ.USER.INFO"]';
  const user = `{ user: reader, password: secret, permissions: { publish: { allow: ${allow} } } }`;
  const nats = await startTestNats({ config: `authorization { users: [ ${user} ] }` });
  try {
    const as = { NATS_USER: 'reader', NATS_PASSWORD: 'secret' };
    const { find } = await examine({ ...bank.env, ...as, NATS_URL: nats.url });
    expect(find('nats.permissions')).toMatchObject({
      level: 'warn',
      detail: expect.stringContaining('streams apply ($JS.API.STREAM.CREATE.ACCOUNTS') as string,
    });
    expect(find('nats.permissions')?.detail).toContain('projections rebuild ($JS.API.CONSUMER');
    expect(find('nats.permissions')?.detail).not.toContain('streams diff');
  } finally {
    await nats.remove();
  }
});

test.each([
  [500, 'ok'],
  [-5_000, 'warn'],
  [90_000, 'fail'],
])('a clock that is %i ms off: %s', (offset, level) => {
  expect(clockFinding('clock', 1_000, 1_010 + offset, 1_020).level).toBe(level);
});

test('versions are compared by number', () => {
  expect(['2.12.0', '2.14.5', '2.9.9', '3.0.0-rc.1'].map((at) => atLeast(at, '2.12.0'))).toEqual([
    ...[true, true, false, true],
  ]);
});
