import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { historyOf, writeOf } from '../../../test/support/account-events.ts';
import { eventually } from '../../../test/support/await.ts';
import { UndecodablePayloadError } from '../../event-store/avro/single-object.ts';
import type { EventStore } from '../../event-store/event-store.ts';
import { memoryEventStore } from '../../event-store/memory-event-store.ts';
import { projectionPosition } from '../../projections/position.ts';
import type { ProjectionPosition } from '../../projections/position.ts';
import { liveFeed } from './feed.ts';
import type { LiveFeed } from './feed.ts';
import { liveEvents } from './live-events.ts';

/** Never in a test that does not wait for it. */
const NEVER_MS = 1_000_000;

let ada: string;
let bob: string;
let store: EventStore;
let unreadable: Set<number>;
/** After what the log of all accounts was read. */
let scans: number[];
let told: number[];
let position: ProjectionPosition;
let stopping: AbortController;
beforeEach(() => {
  [ada, bob] = [randomUUID(), randomUUID()];
  store = memoryEventStore();
  unreadable = new Set();
  scans = [];
  told = [];
  position = projectionPosition();
  stopping = new AbortController();
});
afterEach(() => stopping.abort());

/** The log, with messages that cannot be read. */
const log = (): EventStore => ({
  ...store,
  async *entries(after, until) {
    scans.push(after);
    for await (const entry of store.entries(after, until)) {
      const { sequence, accountId } = entry;
      const broken = unreadable.has(sequence);
      yield broken ? { sequence, accountId, error: new Error('no Avro') } : entry;
    }
  },
  async history(accountId, after, limit) {
    const part = await store.history(accountId, after, limit);
    const broken = part.some(({ sequence }) => unreadable.has(sequence));
    if (broken) throw new UndecodablePayloadError('no Avro');
    return part;
  },
});

const feedOf = (lookEveryMs = NEVER_MS): LiveFeed =>
  liveFeed({
    events: log,
    position,
    maxClients: 10,
    lookEveryMs,
    stopping: stopping.signal,
    onClients: () => undefined,
    onFailure: (error) => {
      throw error;
    },
    onUnreadable: ({ sequence }) => void told.push(sequence),
  });

/** Appends so many events of a new account. Answers the log's end. */
async function write(accountId: string, count: number): Promise<number> {
  await store.append([writeOf(accountId, 0, ...historyOf(accountId, count))]);
  return store.lastSequence();
}

/** The ids of the events that a client is sent until it has that of the sequence. */
async function idsUntil(
  feed: LiveFeed,
  last: number,
  { after = 0, accountId }: { after?: number; accountId?: string } = {},
): Promise<number[]> {
  const ids: number[] = [];
  const following = { after, accountId, heartbeatMs: NEVER_MS, signal: stopping.signal };
  for await (const text of liveEvents(feed, log(), following)) {
    for (const [, id] of text.matchAll(/^id: (\d+)\nevent: /gm)) ids.push(Number(id));
    if (ids.at(-1) === last) return ids;
  }
  return ids;
}

test('a message that cannot be read is left out, and what is behind it comes', async () => {
  const feed = feedOf();
  feed.join(0);
  const all = idsUntil(feed, 5);
  const own = idsUntil(feed, 4, { accountId: ada });
  await write(ada, 4);
  unreadable.add(3);
  position.advance(await write(bob, 1));
  expect(await all).toEqual([1, 2, 4, 5]);
  expect(await own).toEqual([1, 2, 4]);
  expect(told).toEqual([3]);
});

test('a client waits on where the log’s last message cannot be read', async () => {
  const feed = feedOf();
  feed.join(0);
  const all = idsUntil(feed, 3);
  unreadable.add(2);
  position.advance(await write(ada, 2));
  await eventually(() => feed.newest() === 2);
  position.advance(await write(bob, 1));
  expect(await all).toEqual([1, 3]);
});

test('a client far behind gets past a message that cannot be read', async () => {
  await write(ada, 400);
  unreadable.add(30);
  const last = await write(bob, 1);
  position.advance(last);
  const feed = feedOf();
  feed.join(last);
  const rest = (to: number) => Array.from({ length: to }, (_, index) => index + 1);
  const without30 = (to: number) => rest(to).filter((sequence) => sequence !== 30);
  expect(await idsUntil(feed, last)).toEqual(without30(last));
  scans = [];
  expect(await idsUntil(feed, 400, { accountId: ada })).toEqual(without30(400));
  // The log of all accounts is read only from the account's last event before it on.
  expect(scans).toEqual([29]);
});

test('an event wakes no client of another account, and that client misses nothing', async () => {
  const feed = feedOf();
  feed.join(0);
  let woken = 0;
  const waiting = feed.moved(bob).then((through) => {
    woken += 1;
    return through;
  });
  const end = await write(ada, 5);
  position.advance(end);
  expect(await feed.moved(ada)).toBe(0);
  await turn();
  expect(woken).toBe(0);
  position.advance(await write(bob, 1));
  expect(await waiting).toBe(end);
});

test('events that come together wake a client once', async () => {
  const feed = feedOf();
  feed.join(0);
  const waiting = feed.moved(undefined);
  const end = await write(ada, 100);
  position.advance(end);
  await waiting;
  expect(feed.newest()).toBe(end);
});

test('a client without events is sent a heartbeat', async () => {
  const feed = feedOf(1);
  feed.join(0);
  const following = { after: 0, accountId: ada, heartbeatMs: 1, signal: stopping.signal };
  const events = liveEvents(feed, log(), following);
  await events.next();
  expect(await events.next()).toEqual({ value: ': heartbeat\n\n', done: false });
});

test('who waits looks up now and then, and when the service stops', async () => {
  const feed = feedOf(1);
  feed.join(0);
  expect(await feed.moved(ada)).toBe(0);
  expect(await feed.moved(ada)).toBe(0);
  const patient = feedOf();
  const waiting = patient.moved(ada);
  stopping.abort();
  await waiting;
  await patient.moved(ada);
});
