import { randomUUID } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, headers } from 'nats';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AccountEvent } from '../../src/account/events.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import { MAX_BATCH } from '../../src/event-store/jetstream/append.ts';
import { STREAM } from '../../src/event-store/jetstream/names.ts';
import { subjectOf } from '../../src/event-store/subjects.ts';
import { depositAfter, historyOf, opening, writeOf } from '../support/account-events.ts';
import { eventually } from '../support/await.ts';
import { batchEnds } from '../support/batch-ends.ts';
import { collected } from '../support/collected.ts';
import { freshStreams, storesOn } from '../support/jetstream-stores.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';

/** The server takes so many unfinished batches of one stream. */
const BATCHES_IN_FLIGHT = 50;
const MAX_PAYLOAD = 64 * 1024;

let nats: TestNats;
let nc: NatsConnection;
let store: EventStore;
let ada: string;
let bob: string;

beforeAll(async () => {
  nats = await startTestNats({ config: `max_payload: ${MAX_PAYLOAD}` });
  nc = await connect({ servers: nats.url });
});
afterAll(async () => {
  await nc.close();
  await nats.remove();
});
beforeEach(async () => {
  await freshStreams(nc);
  ({ events: store } = await storesOn(nc));
  [ada, bob] = [randomUUID(), randomUUID()];
});

const logged = async () => (await collected(store.replay(0))).map(({ event }) => event);
const [conflict, duplicate] = [{ kind: 'conflict' }, { kind: 'duplicate' }];

test('a stale expectation is a conflict, alone and in a batch', async () => {
  const [first, second, third] = historyOf(ada, 3) as [AccountEvent, AccountEvent, AccountEvent];
  await store.append([writeOf(ada, 0, first)]);
  expect(await store.append([writeOf(ada, 0, second)])).toEqual(conflict);
  expect(await store.append([writeOf(ada, 0, second, third)])).toEqual(conflict);
  expect(await logged()).toEqual([first]);
});

test('several writes of one account in a batch have one expectation, and find their predecessors', async () => {
  const bob = randomUUID();
  const [a1, a2, a3] = historyOf(ada, 3) as [AccountEvent, AccountEvent, AccountEvent];
  const [b1, b2] = historyOf(bob, 2) as [AccountEvent, AccountEvent];
  const writes = [writeOf(ada, 0, a1), writeOf(bob, 0, b1), writeOf(ada, 0, a2, a3)];
  expect(await store.append([...writes, writeOf(bob, 0, b2)])).toEqual({
    kind: 'stored',
    lastSequence: 5,
  });
  expect(await logged()).toEqual([a1, b1, a2, a3, b2]);
  const heads = await Promise.all([ada, bob].map((id) => store.head(id, 'leader')));
  expect(heads).toMatchObject([
    { sequence: 4, previousSequence: 3 },
    { sequence: 5, previousSequence: 2 },
  ]);
  expect(
    await store.append([writeOf(ada, 4, depositAfter(a3)), writeOf(bob, 4, depositAfter(b2))]),
  ).toEqual(conflict);
});

test('one server compares the expectation first: the retry of a stored event is a conflict', async () => {
  const write = writeOf(ada, 0, opening(ada));
  await store.append([write]);
  expect(await store.append([write])).toEqual(conflict);
  expect(await logged()).toHaveLength(1);
});

test('a message id seen before is a duplicate where the expectation is met', async () => {
  const first = opening(ada);
  await store.append([writeOf(ada, 0, first)]);
  expect(await store.append([writeOf(ada, 1, first)])).toEqual({ kind: 'duplicate', sequence: 1 });
  expect(await logged()).toEqual([first]);
});

test('the retry of a stored batch is a duplicate', async () => {
  const events = historyOf(ada, 3);
  await store.append([writeOf(ada, 0, ...events)]);
  expect(await store.append([writeOf(ada, 0, ...events)])).toEqual(duplicate);
  expect(await logged()).toEqual(events);
});

test('a message id that repeats within a batch is a duplicate, and nothing is stored', async () => {
  const [first, second, third] = historyOf(ada, 3) as [AccountEvent, AccountEvent, AccountEvent];
  const repeated = { ...third, commandId: first.commandId };
  expect(await store.append([writeOf(ada, 0, first, second, repeated)])).toEqual(duplicate);
  expect(await logged()).toEqual([]);
});

test('several events of one command are no duplicates of one another; the command again is', async () => {
  const events = historyOf(ada, 3).map((event) => ({ ...event, commandId: 'one-command' }));
  const write = writeOf(ada, 0, ...events);
  expect(await store.append([write])).toEqual({ kind: 'stored', lastSequence: 3 });
  expect(await store.append([write])).toEqual(duplicate);
});

test('the same key on two accounts is no duplicate', async () => {
  const commandId = 'the-same-key';
  for (const id of [ada, bob]) {
    const outcome = await store.append([writeOf(id, 0, opening(id, { commandId }))]);
    expect(outcome).toMatchObject({ kind: 'stored' });
  }
});

test('without the stream the log is unavailable, alone and in a batch', async () => {
  await (await jetstreamManager(nc)).streams.delete(STREAM);
  for (const count of [1, 2]) {
    const outcome = await store.append([writeOf(ada, 0, ...historyOf(ada, count))]);
    expect(outcome).toMatchObject({ kind: 'unavailable' });
  }
});

test('a stream that refuses batches is unavailable for them, and stores nothing', async () => {
  const jsm = await jetstreamManager(nc);
  await jsm.streams.update(STREAM, { allow_atomic: false });
  const outcome = await store.append([writeOf(ada, 0, ...historyOf(ada, 2))]);
  expect(outcome).toMatchObject({
    kind: 'unavailable',
    reason: expect.stringContaining('10174') as unknown,
  });
  expect(await logged()).toEqual([]);
});

test('a full stream is unavailable', async () => {
  await (await jetstreamManager(nc)).streams.update(STREAM, { max_msgs: 1 });
  const [first, second] = historyOf(ada, 2) as [AccountEvent, AccountEvent];
  await store.append([writeOf(ada, 0, first)]);
  expect(await store.append([writeOf(ada, 1, second)])).toMatchObject({ kind: 'unavailable' });
  expect(await logged()).toEqual([first]);
});

test(`more than ${MAX_BATCH} events are refused before one is sent`, async () => {
  const tooMany = historyOf(ada, MAX_BATCH + 1);
  await expect(store.append([writeOf(ada, 0, ...tooMany)])).rejects.toThrow(RangeError);
  expect(await logged()).toEqual([]);
  const [, ...rest] = tooMany;
  const { length } = rest;
  await store.append([writeOf(ada, 0, tooMany[0])]);
  const lastSequence = 1 + length;
  expect(await store.append([writeOf(ada, 1, ...rest)])).toEqual({ kind: 'stored', lastSequence });
});

test.each([
  ['alone', 0],
  ['at the end of a batch', 2],
])('a payload beyond max_payload is unavailable %s, and nothing is stored', async (_, before) => {
  const events = before === 0 ? [] : [...historyOf(ada, before)];
  const last = events.at(-1);
  const commandHash = 'x'.repeat(MAX_PAYLOAD);
  const large =
    last === undefined ? opening(ada, { commandHash }) : depositAfter(last, 1n, { commandHash });
  const outcome = await store.append([writeOf(ada, 0, ...events, large)]);
  expect(outcome).toMatchObject({ kind: 'unavailable' });
  expect(await logged()).toEqual([]);
});

test('too many batches in flight are busy, and the same append succeeds later', async () => {
  const unfinished = Array.from({ length: BATCHES_IN_FLIGHT }, () => randomUUID());
  for (const batch of unfinished) sendFirstOf(batch);
  await nc.flush();
  const write = writeOf(ada, 0, ...historyOf(ada, 2));
  // The refusal of the batch's first event has no one to tell: its last one finds no batch.
  expect(await store.append([write])).toMatchObject({
    kind: 'busy',
    reason: expect.stringContaining('10176') as unknown,
  });
  expect(await logged()).toEqual([]);
  // The first event once more is out of order: the server gives that batch up.
  const [given = ''] = unfinished;
  sendFirstOf(given);
  await eventually(async () => {
    expect(await store.append([write])).toEqual({ kind: 'stored', lastSequence: 2 });
  });
});

test('many appends at once share a few batches, and each has its own sequences', async () => {
  const accounts = Array.from({ length: 2 * BATCHES_IN_FLIGHT }, () => randomUUID());
  const appends = accounts.map((accountId) =>
    store.append([writeOf(accountId, 0, ...historyOf(accountId, 2))]),
  );
  const outcomes = await Promise.all(appends);
  const lastSequences = accounts.map((_, index) => 2 * (index + 1));
  expect(outcomes).toEqual(lastSequences.map((lastSequence) => ({ kind: 'stored', lastSequence })));
  for (const [index, accountId] of accounts.entries()) {
    expect((await store.head(accountId, 'leader'))?.sequence).toBe(lastSequences[index]);
  }
  expect((await batchEnds(nc, 2 * accounts.length)).size).toBeLessThanOrEqual(2);
});

test('one that is out of date among many, and one that comes again, spoil nothing for the others', async () => {
  const [first, second, third] = historyOf(ada, 3) as [AccountEvent, AccountEvent, AccountEvent];
  const again = [writeOf(bob, 0, ...historyOf(bob, 2))];
  await store.append([writeOf(ada, 0, first)]);
  await store.append(again);
  const others = Array.from({ length: 30 }, () => randomUUID());
  const writes = others.map((accountId) => [writeOf(accountId, 0, ...historyOf(accountId, 2))]);
  writes.splice(7, 0, [writeOf(ada, 0, second, third)]);
  writes.splice(20, 0, again);
  const outcomes = await Promise.all(writes.map((write) => store.append(write)));
  expect(outcomes[7]).toEqual(conflict);
  // A repeat that nobody moved past: its id or its expectation gives it away.
  expect([conflict, duplicate]).toContainEqual(outcomes[20]);
  const stored = outcomes.filter(({ kind }) => kind === 'stored');
  expect(stored.length).toBe(others.length);
  for (const [index, accountId] of writes.map(([write]) => write!.accountId).entries()) {
    const outcome = outcomes[index]!;
    if (outcome.kind !== 'stored') continue;
    expect((await store.head(accountId, 'leader'))?.sequence).toBe(outcome.lastSequence);
  }
  expect((await logged()).length).toBe(3 + 2 * others.length);
});

/** Begins a batch of two and leaves it there. */
function sendFirstOf(batchId: string): void {
  const content = headers();
  content.set('Nats-Batch-Id', batchId);
  content.set('Nats-Batch-Sequence', '1');
  nc.publish(subjectOf(randomUUID()), '', { headers: content });
}
