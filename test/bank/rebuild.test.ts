import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STREAM } from '../../src/event-store/jetstream/names.ts';
import { groupsOf } from '../../src/projections/build.ts';
import type { Group } from '../../src/projections/build.ts';
import { desiredConsumer } from '../../src/projections/durable-consumer.ts';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { checkpointOf, expectReadModelsOf, untilProjected } from '../support/read-models.ts';

const CONSUMER = 'accounts-v1';
const [GROUP] = groupsOf({ projection: 'accounts', number: 1, shape: 1, groups: 1 }) as [Group];

let bank: Bank;
let commands: BankService;
let queries: BankService;
let accountId: string;
let last: number;

beforeAll(async () => {
  bank = await startBank();
  [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
  ({ accountId } = (await commands.create('100.00')).account);
  for (let index = 0; index < 20; index += 1) {
    const other = (await commands.create(index)).account;
    await commands.deposit(other.accountId, '1.00');
    last = (await commands.withdraw(accountId, '1.00')).account.sequence;
  }
  await untilProjected(bank.db, last);
});
afterAll(() => bank.stop());

async function deleteConsumer(): Promise<void> {
  const jsm = await jetstreamManager(bank.nc);
  await jsm.consumers.delete(STREAM, CONSUMER);
}

/** A consumer that was made anew has given every event to the projector and was told that it is done. */
async function untilDeliveredAgain(): Promise<void> {
  const jsm = await jetstreamManager(bank.nc);
  await eventually(
    async () => {
      const { ack_floor: done } = await jsm.consumers.info(STREAM, CONSUMER);
      expect(done.stream_seq).toBeGreaterThanOrEqual(last);
    },
    { timeoutMs: 15_000 },
  );
}

/** The accounts and their statements, as they stand in MongoDB. */
async function contents(): Promise<unknown> {
  const [accounts, transactions] = await Promise.all(
    ['accounts_v1', 'transactions_v1'].map((name) =>
      bank.db.collection(name).find().sort({ _id: 1 }).toArray(),
    ),
  );
  return { accounts, transactions };
}

test('the consumer is deleted under way: the service makes it again and goes on', async () => {
  const before = await contents();
  await deleteConsumer();
  const { sequence } = (await commands.withdraw(accountId, '1.00')).account;
  await untilProjected(bank.db, sequence);
  expect(await contents()).not.toEqual(before);
  await expectReadModelsOf(bank.db, await bank.ledger());
}, 30_000);

test('every event delivered once more changes nothing', async () => {
  await queries.process.stop();
  const before = await contents();
  await deleteConsumer();
  const jsm = await jetstreamManager(bank.nc);
  await jsm.consumers.add(STREAM, desiredConsumer(GROUP));
  queries = await bank.startQuery();
  await untilDeliveredAgain();
  expect(await contents()).toEqual(before);
  await expectReadModelsOf(bank.db, await bank.ledger());
}, 30_000);

test('the database is dropped while nothing happens: it comes back by itself', async () => {
  await bank.db.dropDatabase();
  expect(await checkpointOf(bank.db)).toBeUndefined();
  const { lastSequence } = await bank.ledger();
  await untilProjected(bank.db, lastSequence, 15_000);
  await expectReadModelsOf(bank.db, await bank.ledger());
  const indexes = await bank.db.collection('accounts_v1').indexes();
  expect(indexes.length).toBeGreaterThan(1);
}, 30_000);

test('the database is dropped and an event comes at once: accounts and statements are complete', async () => {
  const before = (await commands.withdraw(accountId, '1.00')).account;
  // Now the projector is at work, with the account in its cache.
  await untilProjected(bank.db, before.sequence);
  await bank.db.dropDatabase();
  const { sequence } = (await commands.withdraw(accountId, '1.00')).account;
  await untilProjected(bank.db, sequence, 15_000);
  await expectReadModelsOf(bank.db, await bank.ledger());
}, 30_000);

test('the database is dropped while the service is down: it is built again at the next start', async () => {
  await queries.process.stop();
  await bank.db.dropDatabase();
  const { sequence } = (await commands.withdraw(accountId, '1.00')).account;
  await bank.startQuery();
  await untilProjected(bank.db, sequence, 15_000);
  await expectReadModelsOf(bank.db, await bank.ledger());
}, 30_000);
