import { setImmediate as endOfTurn } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'nats';
import type { NatsConnection } from 'nats';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AppendOutcome, EventStore } from '../../src/event-store/event-store.ts';
import { historyOf, writeOf } from '../support/account-events.ts';
import { eventually } from '../support/await.ts';
import { freeze } from '../support/freeze.ts';
import { collected } from '../support/collected.ts';
import { freshStreams, storesOn } from '../support/jetstream-stores.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';

const APPEND_TIMEOUT_MS = 300;
const SMALL_TIMEOUT_MS = 1;
/** Longer than any test here may take. */
const LARGE_TIMEOUT_MS = 120_000;
/** A server that does not answer a ping for so long stands still. */
const SILENCE_MS = 100;
const APPENDS = 200;

let nats: TestNats;
let nc: NatsConnection;
let store: EventStore;
let ada: string;

beforeEach(async () => {
  nats = await startTestNats();
  nc = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 20 });
  await freshStreams(nc);
  ({ events: store } = await storesOn(nc, APPEND_TIMEOUT_MS));
  ada = randomUUID();
});
afterEach(async () => {
  nats.kill('SIGCONT');
  await nc.close();
  await nats.remove();
});

/** Stops the server, and waits until it does stand still. */
async function standStill(): Promise<void> {
  await freeze(nats);
  await eventually(async () => {
    const answered = nc.flush().then(
      () => true,
      () => false,
    );
    return !(await Promise.race([answered, sleep(SILENCE_MS, false)]));
  });
}

const appendNew = (count: number) => store.append([writeOf(ada, 0, ...historyOf(ada, count))]);
const versionInLog = async () => (await store.head(ada, 'leader'))?.event.version ?? 0;

test.each([1, 3])(
  'a server that stands still leaves %i events unknown; the log tells when it goes on',
  async (count) => {
    await standStill();
    expect(await appendNew(count)).toMatchObject({ kind: 'unknown' });
    nats.kill('SIGCONT');
    // They were on their way, so this server has them; a retry must not store them twice.
    await eventually(async () => expect(await versionInLog()).toBe(count));
    expect((await appendNew(count)).kind).toBe('conflict');
    expect(await collected(store.replay(0))).toHaveLength(count);
  },
);

test.each([1, 3])(
  'a server that is killed before it has read %i events leaves them unknown, and not in the log',
  async (count) => {
    await standStill();
    const outcome = appendNew(count);
    nats.kill('SIGKILL');
    expect(await outcome).toMatchObject({ kind: 'unknown' });
    await nats.restart();
    await eventually(async () => expect(await versionInLog()).toBe(0));
    expect(await appendNew(count)).toMatchObject({ kind: 'stored' });
  },
);

test('while the server is away an append is unknown', async () => {
  await nats.stop();
  expect(await appendNew(1)).toMatchObject({ kind: 'unknown' });
});

test('a connection that breaks or closes leaves an append unknown at once, not at its timeout', async () => {
  const { events: patient } = await storesOn(nc, LARGE_TIMEOUT_MS);
  const append = () => patient.append([writeOf(ada, 0, ...historyOf(ada, 1))]);
  await standStill();
  const broken = append();
  // Appends leave at the end of the event loop's turn.
  await endOfTurn();
  nats.kill('SIGKILL');
  expect(await broken).toMatchObject({ kind: 'unknown' });
  await nats.restart();
  await eventually(() => nc.flush());
  await standStill();
  const closed = append();
  await endOfTurn();
  await nc.close();
  expect(await closed).toMatchObject({ kind: 'unknown' });
});

test('on a closed connection nothing is sent: unavailable, and every read fails', async () => {
  await nc.close();
  expect(await appendNew(1)).toMatchObject({ kind: 'unavailable' });
  expect(await appendNew(3)).toMatchObject({ kind: 'unavailable' });
  await expect(store.head(ada, 'any')).rejects.toThrow();
  await expect(store.head(ada, 'leader')).rejects.toThrow();
  await expect(collected(store.replay(0))).rejects.toThrow();
});

test('answers that come too late: every append that said stored is in the log, once', async () => {
  const { events: impatient } = await storesOn(nc, SMALL_TIMEOUT_MS);
  const accounts = Array.from({ length: APPENDS }, () => randomUUID());
  const appendAll = (ids: readonly string[]) =>
    Promise.all(ids.map((id) => impatient.append([writeOf(id, 0, ...historyOf(id, 2))])));
  const outcomes = await appendAll(accounts.slice(0, APPENDS / 2));
  // However quick the server is: these are on their way to it when their time is up.
  await standStill();
  outcomes.push(...(await appendAll(accounts.slice(APPENDS / 2))));
  expect(outcomes.map(({ kind }) => kind)).toContain('unknown');
  nats.kill('SIGCONT');
  await nc.flush();
  const inLog = Map.groupBy(await collected(store.replay(0)), ({ event }) => event.accountId);
  const wrong = accounts.filter((id, index) => !fits(outcomes[index], inLog.get(id)?.length ?? 0));
  expect(wrong).toEqual([]);
});

/** Whether so many of the two events may be in the log after this outcome. */
function fits(outcome: AppendOutcome | undefined, events: number): boolean {
  if (outcome?.kind === 'stored') return events === 2;
  return outcome?.kind === 'unknown' ? events === 0 || events === 2 : events === 0;
}
