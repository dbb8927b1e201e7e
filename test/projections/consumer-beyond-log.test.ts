import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STREAM } from '../../src/event-store/jetstream/names.ts';
import { desiredConsumer } from '../../src/projections/durable-consumer.ts';
import { GROUP, startWorker } from '../faults/support/worker.ts';
import type { Worker } from '../faults/support/worker.ts';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import type { HistoryWriter } from '../support/history.ts';
import { seededRandom } from '../support/random.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';

const ACCOUNTS = 20;
const EVENTS = 30;
const BEYOND = 10;

let bank: Bank;
let history: HistoryWriter;
let worker: Worker;
let jsm: JetStreamManager;

beforeAll(async () => {
  bank = await startBank();
  history = await historyWriter(bank.nc, seededRandom('consumer-beyond-log'), ACCOUNTS);
  const last = await history.write(EVENTS);
  jsm = await jetstreamManager(bank.nc, { checkAPI: false });
  await jsm.consumers.add(STREAM, desiredConsumer(GROUP, last + BEYOND));
  worker = await startWorker(bank);
});
afterAll(async () => {
  await worker.stop();
  await bank.stop();
});

test('a consumer begins beyond the end of the log: what is before is read from the stream', async () => {
  await untilProjected(bank.db, EVENTS);
  await expectReadModelsOf(bank.db, await bank.ledger());
});

test('its first delivery comes when the log has grown: nothing between is passed over', async () => {
  await untilProjected(bank.db, await history.write(2 * BEYOND));
  await expectReadModelsOf(bank.db, await bank.ledger());
  expect(worker.failures).toEqual([]);
});

test('once the consumer is gone, the log and the checkpoint tell that events wait', async () => {
  await jsm.consumers.delete(STREAM, GROUP.id);
  await history.write(1);
  await eventually(() => worker.failures.length > 0 && worker.pending() === 1);
});

test('and so they do to one that starts without it, and nothing waits where all was written', async () => {
  await worker.stop();
  worker = await startWorker(bank);
  await eventually(() => worker.pending() === 1);
  await jsm.consumers.add(STREAM, desiredConsumer(GROUP));
  await eventually(() => worker.wrote() > 0);
  await worker.stop();
  await jsm.consumers.delete(STREAM, GROUP.id);
  worker = await startWorker(bank);
  await eventually(() => worker.pending() === 0);
});
