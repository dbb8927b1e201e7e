import { randomUUID } from 'node:crypto';
import { connect } from 'nats';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AccountEvent } from '../../src/account/events.ts';
import type { EventStore } from '../../src/event-store/event-store.ts';
import { depositAfter, historyOf, opening, writeOf } from '../support/account-events.ts';
import { eventually } from '../support/await.ts';
import { collected } from '../support/collected.ts';
import { freshStreams, storesOn } from '../support/jetstream-stores.ts';
import { startTestNatsCluster } from '../support/nats.ts';
import type { TestNatsCluster } from '../support/nats.ts';

const START_TIMEOUT_MS = 60_000;
const APPEND_TIMEOUT_MS = 1_000;
const RACERS = 20;

let cluster: TestNatsCluster;
let connections: NatsConnection[];
let stores: EventStore[];
let store: EventStore;

beforeAll(async () => {
  cluster = await startTestNatsCluster();
  connections = await Promise.all(
    cluster.nodes.map(({ url: servers }) => connect({ servers, maxReconnectAttempts: -1 })),
  );
  const [first] = connections as [NatsConnection];
  await freshStreams(first, 3);
  const opened = await Promise.all(connections.map((nc) => storesOn(nc, APPEND_TIMEOUT_MS)));
  stores = opened.map(({ events }) => events);
  [store] = stores as [EventStore];
}, START_TIMEOUT_MS);
afterAll(async () => {
  await Promise.all(connections.map((nc) => nc.close()));
  await cluster.remove();
});

/** In the log, by the leader's word. */
async function versionOf(accountId: string): Promise<number> {
  return (await store.head(accountId, 'leader'))?.event.version ?? 0;
}

test('of several servers the message id is compared first: a stored event again is a duplicate', async () => {
  const ada = randomUUID();
  const write = writeOf(ada, 0, opening(ada));
  expect(await store.append([write])).toMatchObject({ kind: 'stored' });
  expect(await store.append([write])).toMatchObject({ kind: 'duplicate' });
  expect(await versionOf(ada)).toBe(1);
});

test('the next append on an account while one is in flight is a conflict', async () => {
  const ada = randomUUID();
  const first = opening(ada);
  const outcome = await store.append([writeOf(ada, 0, first)]);
  const stood = outcome.kind === 'stored' ? outcome.lastSequence : 0;
  const next = (amount: bigint) => writeOf(ada, stood, depositAfter(first, amount));
  const outcomes = await Promise.all([store.append([next(1n)]), store.append([next(2n)])]);
  expect(outcomes.map(({ kind }) => kind)).toEqual(['stored', 'conflict']);
});

test(`of ${RACERS} writers on three servers exactly one is stored`, async () => {
  const ada = randomUUID();
  const racing = Array.from({ length: RACERS }, (_, racer) => {
    const events = historyOf(ada, 1 + (racer % 3));
    return { events, writer: stores[racer % stores.length] ?? store };
  });
  const outcomes = await Promise.all(
    racing.map(({ events, writer }) => writer.append([writeOf(ada, 0, ...events)])),
  );
  const winners = racing.filter((_, racer) => outcomes[racer]?.kind === 'stored');
  expect(winners).toHaveLength(1);
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['stored', 'conflict']));
  expect(await eventsOf(ada)).toEqual(winners[0]?.events);
});

test('without a quorum an append is not answered with stored, and with it the log tells', async () => {
  const ada = randomUUID();
  const [first, second] = historyOf(ada, 2) as [AccountEvent, AccountEvent];
  const outcome = await store.append([writeOf(ada, 0, first)]);
  const stood = outcome.kind === 'stored' ? outcome.lastSequence : 0;

  const [, ...others] = cluster.nodes;
  for (const node of others) node.kill('SIGKILL');
  await Promise.all(others.map((node) => node.exited));
  const doubtful = await store.append([writeOf(ada, stood, second)]);
  await Promise.all(others.map((node) => node.restart()));
  // Where the leader was killed there is nobody to take it; where it lives, it waits for the others.
  expect(['unknown', 'unavailable']).toContain(doubtful.kind);

  await cluster.ready();
  await eventually(
    async () => {
      const version = await versionOf(ada);
      const again = await store.append([writeOf(ada, stood, second)]);
      expect(again.kind).toBe(version === 1 ? 'stored' : 'duplicate');
    },
    { timeoutMs: 15_000 },
  );
  expect(await eventsOf(ada)).toEqual([first, second]);
}, 60_000);

async function eventsOf(accountId: string): Promise<AccountEvent[]> {
  const all = await collected(store.replay(0));
  return all.map(({ event }) => event).filter((event) => event.accountId === accountId);
}
