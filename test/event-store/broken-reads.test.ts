import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, headers } from 'nats';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AccountEvent, RecordedEvent } from '../../src/account/events.ts';
import { encodeEvent } from '../../src/event-store/event-codec.ts';
import { BEGINNING } from '../../src/event-store/event-store.ts';
import type { EventStore, Head } from '../../src/event-store/event-store.ts';
import { subjectOf } from '../../src/event-store/subjects.ts';
import { historyOf, opening, writeOf } from '../support/account-events.ts';
import { collected } from '../support/collected.ts';
import { startCuttableProxy } from '../support/cuttable-proxy.ts';
import type { CuttableProxy } from '../support/cuttable-proxy.ts';
import { freshStreams, storesOn } from '../support/jetstream-stores.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';

/** More than one read asks for, and long enough that it is still under way after a reconnect. */
const EVENTS = 1_500;
const LONG_KEY = 'k'.repeat(4_000);
const LARGEST_APPEND = 500;
const BYTES_BEFORE_CUT = 100_000;
/** Longer than any timeout of the client, in milliseconds. */
const PATIENCE_MS = 12_000;

const STORED = { kind: 'stored' };

let nats: TestNats;
let direct: NatsConnection;
let proxy: CuttableProxy;
let nc: NatsConnection;
let store: EventStore;
let ada: string;
let history: AccountEvent[];

beforeAll(async () => {
  nats = await startTestNats();
  direct = await connect({ servers: nats.url });
});
afterAll(async () => {
  await direct.close();
  await nats.remove();
});
beforeEach(async () => {
  await freshStreams(direct);
  ada = randomUUID();
  history = historyOf(ada, EVENTS).map((event) => ({
    ...event,
    commandId: `${LONG_KEY}${event.version}`,
  }));
});

async function headOf(accountId: string): Promise<Head> {
  const head = await store.head(accountId, 'any');
  if (head === undefined) throw new Error('no head');
  return head;
}

/** How many events came; or that the read failed; or that it did neither. */
const endOf = (events: AsyncIterable<RecordedEvent>) =>
  Promise.race([
    collected(events).then(
      ({ length }) => length,
      () => 'failed',
    ),
    sleep(PATIENCE_MS, 'hangs', { ref: false }),
  ]);

describe('a connection that breaks', () => {
  beforeEach(async () => {
    proxy = await startCuttableProxy(nats);
    nc = await connect({ servers: proxy.url, reconnectTimeWait: 1, maxReconnectAttempts: -1 });
    ({ events: store } = await storesOn(nc));
    for (let start = 0; start < EVENTS; start += LARGEST_APPEND) {
      const events = history.slice(start, start + LARGEST_APPEND);
      expect(await store.append([writeOf(ada, start, ...events)])).toMatchObject(STORED);
    }
    return async () => {
      await nc.close();
      await proxy.stop();
    };
  });

  test('in the middle of a long tail: the read fails or is whole, and ends', async () => {
    const head = await headOf(ada);
    proxy.cutAfter(BYTES_BEFORE_CUT);
    expect(['failed', EVENTS]).toContain(await endOf(store.tail(head, BEGINNING, 'any')));
  });

  test('in the middle of a replay: it fails or is whole, and ends', async () => {
    proxy.cutAfter(BYTES_BEFORE_CUT);
    expect(['failed', EVENTS]).toContain(await endOf(store.replay(0)));
  });

  test('for ever in the middle of a long tail: the read fails, and ends', async () => {
    const head = await headOf(ada);
    const read = endOf(store.tail(head, BEGINNING, 'any'));
    await nc.close();
    expect(await read).toBe('failed');
  });

  test('for ever in the middle of a replay: it fails and does not just end', async () => {
    const read = async () => {
      for await (const { sequence } of store.replay(0)) if (sequence === 1) await nc.close();
    };
    await expect(read()).rejects.toThrow();
  });
});

test('a read that cannot begin fails at once, and leaves no timer that fails later', async () => {
  const closed = await connect({ servers: nats.url });
  ({ events: store } = await storesOn(closed));
  await store.append([writeOf(ada, 0, ...history.slice(0, LARGEST_APPEND))]);
  const head = await headOf(ada);
  await closed.close();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    await expect(collected(store.tail(head, BEGINNING, 'any'))).rejects.toThrow();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

describe('a message that does not point to its predecessor', () => {
  test('as nobody expected anything: the tail is read all the same', async () => {
    ({ events: store } = await storesOn(direct));
    const bob = randomUUID();
    const events = historyOf(ada, 4);
    for (const event of events) {
      const content = headers();
      content.set('Nats-Msg-Id', event.eventId);
      await direct.request(subjectOf(ada), encodeEvent(event), {
        headers: content,
        timeout: 5_000,
      });
      if (event.version === 1) await store.append([writeOf(bob, 0, opening(bob))]);
    }
    for (const consistency of ['any', 'leader'] as const) {
      const tail = await collected(store.tail(await headOf(ada), BEGINNING, consistency));
      expect(tail.map(({ event }) => event)).toEqual(events);
    }
  });
});
