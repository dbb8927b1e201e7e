import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AccountEvent } from '../../src/account/events.ts';
import { memoryEventStore } from '../../src/event-store/memory-event-store.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import { accountProjection } from '../../src/projections/account-projection.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import { createApplier } from '../../src/projections/applier.ts';
import type { Applier } from '../../src/projections/applier.ts';
import { wholeOf } from '../../src/projections/build.ts';
import { checkpointStore } from '../../src/projections/checkpoint.ts';
import { projectionPosition } from '../../src/projections/position.ts';
import type { Projection } from '../../src/projections/projection.ts';
import { readModelStore } from '../../src/projections/read-model-store.ts';
import type { ReadModelStore } from '../../src/projections/read-model-store.ts';
import { retryParked } from '../../src/projections/retry-parked.ts';
import { depositAfter, historyOf, writeOf } from '../support/account-events.ts';
import { freshDatabase } from '../support/mongo.ts';
import { expectContentsOf } from '../support/read-models.ts';

const BUILD = { projection: 'accounts', number: 1, shape: 1, groups: 1 };
const database = freshDatabase();
const client = new MongoClient(database.uri, { useBigInt64: true });
const ignored = () => undefined;

let db: Db;
let store: ReadModelStore<AccountDocument>;
let events: EventStore;
let history: AccountEvent[];
let accountId: string;
let sequence: number;

beforeAll(() => {
  db = client.db(database.name);
  store = readModelStore(db, accountProjection, BUILD);
});
afterAll(async () => {
  await client.close();
  await database.drop();
});

/** A projection that cannot apply the account's second event. */
const broken: Projection<AccountDocument> = {
  ...accountProjection,
  apply(document, recorded) {
    if (recorded.event.version === 2) throw new Error('version 2 is too much for me');
    return accountProjection.apply(document, recorded);
  },
};

beforeEach(async () => {
  await db.dropDatabase();
  await store.open();
  events = memoryEventStore();
  accountId = randomUUID();
  history = historyOf(accountId, 4);
  sequence = 0;
  await append(...history);
  const worker = await workerWith(broken);
  await worker.catchUp(sequence);
  await worker.written();
  expect(await parkedOnes()).toMatchObject([{ accountId, sequence: 2, attempts: 1 }]);
});

async function append(...added: AccountEvent[]): Promise<void> {
  const outcome = await events.append([writeOf(accountId, sequence, ...added)]);
  if (outcome.kind !== 'stored') throw new Error(outcome.kind);
  sequence = outcome.lastSequence;
}

/** A service's worker, with the projection of its release. */
async function workerWith(projection: Projection<AccountDocument>): Promise<Applier> {
  const checkpoints = checkpointStore(db, 'accounts-v1');
  const { sequence: checkpoint } = await checkpoints.open();
  const observer = {
    started: ignored,
    healing: ignored,
    wrote: ignored,
    pending: ignored,
    parked: ignored,
    failed: ignored,
  };
  const position = projectionPosition();
  const { signal } = new AbortController();
  const group = wholeOf(BUILD);
  return createApplier(
    { projection, group, store, checkpoints, events, position, observer, signal },
    checkpoint,
    ignored,
  );
}

const parkedOnes = () => store.parked.list(10);
const retry = (projection: Projection<AccountDocument>, reader = events) =>
  retryParked({ projection, store, events: reader }, { accountId, sequence: 2 });

async function expectAllApplied(): Promise<void> {
  const recorded = history.map((event, index) => ({ sequence: index + 1, event }));
  await expectContentsOf(db, recorded);
  expect(await parkedOnes()).toEqual([]);
}

test('once the cause is gone, the event and all that waited are applied', async () => {
  expect(await retry(accountProjection)).toEqual({ accountId, events: 3 });
  await expectAllApplied();
});

test('while it stands, nothing is applied and the attempts are counted', async () => {
  const report = await retry(broken);
  expect(report.parked).toMatchObject({ sequence: 2, error: 'version 2 is too much for me' });
  expect(await parkedOnes()).toMatchObject([{ sequence: 2, attempts: 2 }]);
  await expectContentsOf(db, [{ sequence: 1, event: history[0]! }]);
});

/** The log as the retry reads it, with something that happens right after it has seen the last event. */
function interrupted(meanwhile: () => Promise<void>): EventStore {
  return {
    ...events,
    async head(id, consistency) {
      const head = await events.head(id, consistency);
      await meanwhile();
      return head;
    },
  };
}

test('events that come while a retry runs are applied by the worker, and nothing is lost', async () => {
  const worker = await workerWith(accountProjection);
  const next = depositAfter(history.at(-1)!);
  const report = await retry(
    accountProjection,
    interrupted(async () => {
      history.push(next);
      await append(next);
      await worker.catchUp(sequence);
      await worker.written();
    }),
  );
  expect(report.parked).toBeUndefined();
  await expectAllApplied();
});

test('a worker that still cannot parks the account again, and the retry does not hide it', async () => {
  const worker = await workerWith(broken);
  const next = depositAfter(history.at(-1)!);
  await retry(
    accountProjection,
    interrupted(async () => {
      history.push(next);
      await append(next);
      await worker.catchUp(sequence);
      await worker.written();
    }),
  );
  // What the retry saw is applied; the event behind it waits, and a second retry gets it.
  expect(await parkedOnes()).toMatchObject([{ accountId }]);
  await retry(accountProjection);
  await expectAllApplied();
});

test('events that came before the retry and were left out for being parked are not lost', async () => {
  const worker = await workerWith(accountProjection);
  const next = depositAfter(history.at(-1)!);
  history.push(next);
  await append(next);
  await worker.catchUp(sequence);
  await worker.written();
  expect(await parkedOnes()).toMatchObject([{ attempts: 1 }]);
  expect(await retry(accountProjection)).toEqual({ accountId, events: 4 });
  await expectAllApplied();
});
