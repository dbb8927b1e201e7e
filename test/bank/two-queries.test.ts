import { jetstreamManager } from '@nats-io/jetstream';
import type { ConsumerInfo } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STREAM } from '../../src/event-store/jetstream/names.ts';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import type { HistoryWriter } from '../support/history.ts';
import { metric } from '../support/metrics.ts';
import { seededRandom } from '../support/random.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';

const CONSUMER = 'accounts-v1';
const EVENTS_A_BATCH = 100;

let bank: Bank;
let history: HistoryWriter;
let queries: BankService[];
let killed: number | undefined;

beforeAll(async () => {
  bank = await startBank();
  history = await historyWriter(bank.nc, seededRandom('two-queries'), 100);
  queries = await Promise.all([bank.startQuery(), bank.startQuery()]);
});
afterAll(() => bank.stop());

async function write(batches: number): Promise<number> {
  let last = 0;
  for (let batch = 0; batch < batches; batch += 1) last = await history.write(EVENTS_A_BATCH);
  return last;
}

const projectedBy = (service: BankService) => metric(service.url, 'jetbank_projected_events_total');

/** The one that works at present, and the one that waits. */
async function activeAndStandby(): Promise<[BankService, BankService]> {
  const before = await Promise.all(queries.map(projectedBy));
  await untilProjected(bank.db, await write(1));
  const active = (await projectedBy(queries[0]!)) > before[0]! ? 0 : 1;
  return [queries[active]!, queries[1 - active]!];
}

async function consumer(): Promise<ConsumerInfo> {
  return (await jetstreamManager(bank.nc)).consumers.info(STREAM, CONSUMER);
}

async function untilDelivered(sequence: number): Promise<void> {
  await eventually(async () => expect((await consumer()).delivered.stream_seq).toBe(sequence));
}

/** Who gets the messages; the client's type does not know of it. */
async function pinned(): Promise<string | undefined> {
  const { priority_groups: groups } = (await consumer()) as ConsumerInfo & {
    readonly priority_groups?: readonly { readonly pinned_client_id?: string }[];
  };
  return groups?.[0]?.pinned_client_id;
}

test('two query services on one database: one of them works, and the read models are right', async () => {
  const last = await write(20);
  await untilProjected(bank.db, last);
  const counts = await Promise.all(queries.map(projectedBy));
  expect(counts.toSorted((a, b) => a - b)).toEqual([0, last]);
  await eventually(async () => {
    for (const { url } of queries) {
      expect(await metric(url, 'jetbank_projection_sequence')).toBe(last);
    }
  });
  await expectReadModelsOf(bank.db, await bank.ledger());
});

test('both of them let a client read its own write', async () => {
  const last = await write(1);
  const path = `/accounts?minSequence=${last}`;
  const answers = await Promise.all(queries.map((query) => query.get(path)));
  expect(answers.map(({ status, text }) => `${status} ${status === 200 ? '' : text}`)).toEqual([
    '200 ',
    '200 ',
  ]);
});

test('one that is frozen at work and wakes up after a takeover puts nothing back', async () => {
  const [active, standby] = await activeAndStandby();
  const before = await projectedBy(active);
  const pin = await pinned();
  process.kill(active.process.pid, 'SIGSTOP');
  await untilDelivered(await write(2));
  await eventually(async () => expect(await pinned()).not.toBe(pin), { timeoutMs: 15_000 });
  const last = await write(10);
  await untilProjected(bank.db, last);
  expect(await projectedBy(standby)).toBeGreaterThan(0);

  process.kill(active.process.pid, 'SIGCONT');
  await eventually(async () => {
    expect(await projectedBy(active)).toBeGreaterThanOrEqual(before + 2 * EVENTS_A_BATCH);
  });
  await expectReadModelsOf(bank.db, await bank.ledger());
}, 40_000);

test('when one is killed with events in its hands, the other takes over and loses none', async () => {
  const commands = await bank.startCommand();
  const [active] = await activeAndStandby();
  process.kill(active.process.pid, 'SIGSTOP');
  await untilDelivered((await commands.create('1.00')).account.sequence);
  await active.process.kill('SIGKILL');
  killed = active.process.pid;
  const { sequence } = (await commands.create('2.00')).account;
  await untilProjected(bank.db, sequence);
  await expectReadModelsOf(bank.db, await bank.ledger());
}, 40_000);

test('likewise when nothing new comes', async () => {
  queries = queries.filter(({ process }) => process.pid !== killed);
  queries.push(await bank.startQuery());
  const [active] = await activeAndStandby();
  process.kill(active.process.pid, 'SIGSTOP');
  const last = await write(1);
  await untilDelivered(last);
  await active.process.kill('SIGKILL');
  await untilProjected(bank.db, last);
  await expectReadModelsOf(bank.db, await bank.ledger());
}, 40_000);
