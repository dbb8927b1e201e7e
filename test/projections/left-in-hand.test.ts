import { jetstreamManager } from '@nats-io/jetstream';
import type { ConsumerConfig, JetStreamManager } from '@nats-io/jetstream';
import { nanos } from 'nats';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { STREAM } from '../../src/event-store/jetstream/names.ts';
import { desiredConsumer, PRIORITY_GROUP } from '../../src/projections/durable-consumer.ts';
import { GROUP, startWorker } from '../faults/support/worker.ts';
import type { Worker } from '../faults/support/worker.ts';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import type { HistoryWriter } from '../support/history.ts';
import { seededRandom } from '../support/random.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';

/** Longer than any test: what the server waits for so long, it must not be waited for. */
const NEVER_MS = 600_000;
/** Events that the server hands out without an acknowledgement. */
const IN_HAND = 10;

let bank: Bank;
let jsm: JetStreamManager;
let history: HistoryWriter;
let worker: Worker | undefined;

beforeEach(async () => {
  bank = await startBank();
  history = await historyWriter(bank.nc, seededRandom('left-in-hand'), 5);
  jsm = await jetstreamManager(bank.nc, { checkAPI: false });
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
  await bank.stop();
});

const makeConsumer = (config: Partial<ConsumerConfig>) =>
  jsm.consumers.add(STREAM, {
    ...desiredConsumer(GROUP),
    ack_wait: nanos(NEVER_MS),
    max_ack_pending: IN_HAND,
    ...config,
  });

/** Somebody who takes what comes and is never heard of again; resolves once he waits for it. */
async function takeAndDie(): Promise<void> {
  const request = { batch: IN_HAND, expires: nanos(NEVER_MS), group: PRIORITY_GROUP };
  const inbox = `_INBOX.stranger.${GROUP.id}`;
  const hears = bank.nc.subscribe(inbox, {
    callback: (_, message) => {
      // The first is of no event: the server says that he is pinned, or ends his request.
      if (hears.getReceived() >= IN_HAND && message.reply !== undefined) hears.unsubscribe();
    },
  });
  bank.nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${STREAM}.${GROUP.id}`, JSON.stringify(request), {
    reply: inbox,
  });
  await bank.nc.flush();
}

const untilAllInHand = () =>
  eventually(async () => {
    const { num_ack_pending: inHand } = await jsm.consumers.info(STREAM, GROUP.id);
    return inHand === IN_HAND;
  });

test('what a worker died with is read and acknowledged by who begins after it, so the rest comes at once', async () => {
  await makeConsumer({ priority_timeout: nanos(1_000) });
  await takeAndDie();
  const last = await history.write(3 * IN_HAND);
  await untilAllInHand();
  worker = await startWorker(bank);
  await untilProjected(bank.db, last);
  await expectReadModelsOf(bank.db, await bank.ledger());
  expect(worker.failures).toEqual([]);
});

test('and by one that was idle until then', async () => {
  await makeConsumer({ priority_timeout: nanos(1_000) });
  await takeAndDie();
  worker = await startWorker(bank);
  await untilProjected(bank.db, 0);
  const last = await history.write(3 * IN_HAND);
  await untilAllInHand();
  await untilProjected(bank.db, last);
  await expectReadModelsOf(bank.db, await bank.ledger());
  expect(worker.failures).toEqual([]);
});

test('one that failed begins again at once, and does not wait for its own pin to end', async () => {
  await makeConsumer({ priority_timeout: nanos(NEVER_MS) });
  const { failures } = (worker = await startWorker(bank));
  await untilProjected(bank.db, await history.write(1));
  await bank.db.collection('checkpoints').deleteMany({});
  await history.write(1);
  await eventually(() => failures.length > 0);
  await untilProjected(bank.db, await history.write(1));
  await expectReadModelsOf(bank.db, await bank.ledger());
});

test('an idle one that stops leaves to the other what that has in hand', async () => {
  await makeConsumer({ priority_timeout: nanos(NEVER_MS) });
  await takeAndDie();
  worker = await startWorker(bank);
  await untilProjected(bank.db, 0);
  const begun = performance.now();
  await history.write(IN_HAND);
  await untilAllInHand();
  await worker.stop();
  // Unless this took so long that it looked, and took it that nobody else was there.
  const lookEveryMs = 2_000;
  if (performance.now() - begun < lookEveryMs) expect(worker.wrote()).toBe(0);
});
