import { randomUUID } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeEvent } from '../../src/event-store/event-codec.ts';
import { subjectOf } from '../../src/event-store/subjects.ts';
import { depositAfter, opening } from '../support/account-events.ts';
import { eventually } from '../support/await.ts';
import { logged, startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { jetbank, jetbankOk } from '../support/jetbank.ts';
import { metric } from '../support/metrics.ts';
import { startService } from '../support/process.ts';
import { checkpointOf, expectReadModelsOf, untilProjected } from '../support/read-models.ts';
import { releaseWithout } from '../support/release.ts';

let bank: Bank;
let commands: BankService;
let queries: BankService;
/** What cannot be read, what cannot be, and what is well. */
let unreadable: { accountId: string; sequence: number };
let impossible: { accountId: string; sequence: number };
let healthy: string;

beforeAll(async () => {
  bank = await startBank();
  [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
  const opened = [];
  for (let index = 0; index < 3; index += 1) opened.push((await commands.create('10.00')).account);
  const [one, two, three] = opened;
  unreadable = one!;
  impossible = two!;
  healthy = three!.accountId;
});
afterAll(() => bank.stop());

/** Puts a payload onto the account's subject as its next message. Answers its stream sequence. */
async function publish(accountId: string, payload: Uint8Array, after: number): Promise<number> {
  const expect = { lastSubjectSequence: after };
  return (await jetstream(bank.nc).publish(subjectOf(accountId), payload, { expect })).seq;
}

/** The account's events as the log has them, the last one first. */
async function lastEventOf(accountId: string) {
  return (await bank.ledger()).eventsOf(accountId).at(-1)!;
}

interface Status {
  readonly builds: readonly {
    readonly parkedCount: number;
    readonly parked: readonly {
      readonly accountId: string;
      readonly sequence: number;
      readonly error: string;
      readonly attempts: number;
    }[];
  }[];
}

async function parkedOnes() {
  const text = await jetbankOk(bank.env, 'projections', 'status', '--json');
  return (JSON.parse(text) as Status).builds.at(-1)!.parked;
}

test('accounts with an event that cannot be applied are parked, and the others go on', async () => {
  const created = await lastEventOf(unreadable.accountId);
  const wrong = await lastEventOf(impossible.accountId);
  // Both accounts go on behind it: what comes later must wait.
  const torn = await publish(unreadable.accountId, Buffer.from('torn'), unreadable.sequence);
  const second = depositAfter(created);
  await publish(unreadable.accountId, encodeEvent(depositAfter(second)), torn);
  const lying = depositAfter(wrong, 1n, { balance: 5n });
  const lie = await publish(impossible.accountId, encodeEvent(lying), impossible.sequence);
  await publish(impossible.accountId, encodeEvent(depositAfter(lying)), lie);
  unreadable.sequence = torn;
  impossible.sequence = lie;

  const { sequence } = (await commands.deposit(healthy, '1.00')).account;
  expect((await queries.get(`/accounts/${healthy}?minSequence=${sequence}`)).account.balance).toBe(
    '11.00',
  );
  expect(Number(await checkpointOf(bank.db))).toBe(sequence);
  for (const { accountId } of [unreadable, impossible]) {
    const shown = (await queries.get(`/accounts/${accountId}?minSequence=${sequence}`)).account;
    expect(shown).toMatchObject({ balance: '10.00', version: 1 });
  }
});

test('status, metrics, the log and /projections show them', async () => {
  const expected = [
    { accountId: unreadable.accountId, sequence: unreadable.sequence, attempts: 1 },
    { accountId: impossible.accountId, sequence: impossible.sequence, attempts: 1 },
  ];
  const found = await parkedOnes();
  expect(found).toMatchObject(expected);
  expect(found.map(({ error }) => error)).toEqual([
    'not an Avro single-object encoding (C3 01 ...)',
    expect.stringContaining('1000 and 1 minor units do not make 5'),
  ]);
  const text = await jetbankOk(bank.env, 'projections', 'status');
  expect(text).toContain('2 parked: mend the cause, then "jetbank projections retry-parked"');
  expect(text).toContain(
    `${unreadable.accountId} at stream sequence ${unreadable.sequence}, tried 1`,
  );

  expect(await metric(queries.url, 'jetbank_projection_parked_total')).toBe(2);
  const waiting = { build: '1', state: 'live' };
  await eventually(async () => {
    expect(await metric(queries.url, 'jetbank_projection_parked_accounts', waiting)).toBe(2);
  });
  await eventually(() => logged(queries.process, 'account parked').length === 2);
  expect(logged(queries.process, 'account parked')[0]).toMatchObject({
    level: 'error',
    accountId: unreadable.accountId,
    sequence: unreadable.sequence,
  });
  const { body, status } = await queries.get('/projections');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    items: [
      {
        name: 'accounts',
        paused: false,
        builds: [
          {
            number: 1,
            state: 'live',
            groups: [{ id: 'accounts-v1', lagEvents: 0, lagSeconds: 0 }],
            parkedCount: 2,
            parked: expected,
          },
        ],
      },
    ],
  });
});

test('verify takes them for behind and said to be', async () => {
  const text = await jetbankOk(bank.env, 'projections', 'verify');
  expect(text).toContain('2 accounts that cannot be read on, 0 differences');
});

test('a restart keeps them parked, and tries nothing', async () => {
  await queries.process.stop();
  queries = await bank.startQuery();
  const { sequence } = (await commands.deposit(healthy, '1.00')).account;
  await untilProjected(bank.db, sequence);
  expect((await parkedOnes()).map(({ attempts }) => attempts)).toEqual([1, 1]);
});

test('a retry while the cause stands counts, and ends with exit code 1', async () => {
  const { exit, stdout } = await jetbank(bank.env, 'projections', 'retry-parked');
  expect(exit).toBe(1);
  expect(stdout).toContain(`${impossible.accountId}: `);
  expect(stdout).toContain('2 tried, 2 still parked');
  const one = await jetbank(bank.env, 'projections', 'retry-parked', unreadable.accountId);
  expect(one).toMatchObject({ exit: 1 });
  expect(one.stdout).toContain('1 tried, 1 still parked');
  expect((await parkedOnes()).map(({ attempts, sequence }) => [sequence, attempts])).toEqual([
    [unreadable.sequence, 3],
    [impossible.sequence, 2],
  ]);
  expect(await jetbank(bank.env, 'projections', 'retry-parked', healthy)).toMatchObject({
    exit: 1,
    stderr: `jetbank: ${healthy} is not parked`,
  });
});

test('a rebuild parks them too, and still is what the log says', async () => {
  await jetbankOk(bank.env, 'projections', 'rebuild', 'accounts');
  const { builds } = JSON.parse(
    await jetbankOk(bank.env, 'projections', 'status', '--json'),
  ) as Status;
  expect(builds.map(({ parkedCount }) => parkedCount)).toEqual([2, 2]);
}, 40_000);

test('neither does what no release writes stand in the way of the others', async () => {
  const shouted = randomUUID().toUpperCase();
  const astray = encodeEvent(depositAfter(opening(shouted)));
  await jetstream(bank.nc).publish(`bank.account.3.${shouted}`, astray);
  const foreign = randomUUID();
  await publish(foreign, encodeEvent(opening(foreign, { currency: 'QQQ' })), 0);
  const { sequence } = (await commands.deposit(healthy, '1.00')).account;
  for (const path of [`/accounts/${healthy}`, '/accounts', '/proof']) {
    const { status, text } = await queries.get(`${path}?minSequence=${sequence}`);
    expect(status, text).toBe(200);
  }
  const parked = (await parkedOnes()).map(({ accountId }) => accountId);
  expect(parked).toEqual(expect.arrayContaining([shouted, foreign]));
  const { stdout } = await jetbank(bank.env, 'verify');
  expect(stdout).toContain(shouted);
  expect(stdout).toContain('QQQ is not an ISO 4217 currency');
});

test('what an older release could not read is applied by a retry of a newer one', async () => {
  const other = await startBank();
  const release = await releaseWithout('MoneyWithdrawn.v3');
  try {
    const teller = await other.startCommand();
    const old = await startService(release.queryService, other.env);
    await old.ready();
    const { accountId } = (await teller.create('10.00')).account;
    await teller.withdraw(accountId, '1.00');
    const { sequence } = (await teller.deposit(accountId, '5.00')).account;
    await untilProjected(other.db, sequence);
    expect(await jetbankOk(other.env, 'projections', 'status')).toContain('1 parked');
    await old.stop();

    const newer = await other.startQuery();
    const printed = await jetbankOk(other.env, 'projections', 'retry-parked');
    expect(printed).toContain(`${accountId}: 2 events, applied`);
    expect((await newer.get(`/accounts/${accountId}`)).account.balance).toBe('14.00');
    const next = (await teller.deposit(accountId, '1.00')).account;
    await untilProjected(other.db, next.sequence);
    await expectReadModelsOf(other.db, await other.ledger());
    expect(await jetbankOk(other.env, 'projections', 'status')).not.toContain('parked');
    await newer.process.stop();
    await old.stop();
  } finally {
    await other.stop();
    await release.remove();
  }
}, 60_000);
