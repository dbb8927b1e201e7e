import { randomUUID } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, headers } from 'nats';
import type { Msg, NatsConnection } from 'nats';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest';
import { BEGINNING } from '../../src/event-store/event-store.ts';
import type { Consistency, EventStore, Position } from '../../src/event-store/event-store.ts';
import { STREAM } from '../../src/event-store/jetstream/names.ts';
import { beginsOfStretches, readStretches } from '../../src/event-store/jetstream/read-recent.ts';
import { depositAfter, historyOf, opening, writeOf } from '../support/account-events.ts';
import { collected } from '../support/collected.ts';
import { freshStreams, storesOn } from '../support/jetstream-stores.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';

const HISTORY = 40;

let nats: TestNats;
let nc: NatsConnection;
let watcher: NatsConnection;
let store: EventStore;
let ada: string;
/** The JetStream calls made so far, without their subject's end. */
let calls: string[];

beforeAll(async () => {
  nats = await startTestNats();
  nc = await connect({ servers: nats.url });
  watcher = await connect({ servers: nats.url });
  watcher.subscribe('$JS.API.>', {
    callback: (_, { subject }) => void calls.push(subject.split('.').slice(2, 5).join('.')),
  });
  await watcher.flush();
});
afterAll(async () => {
  await watcher.close();
  await nc.close();
  await nats.remove();
});
beforeEach(async () => {
  calls = [];
  await freshStreams(nc);
  ({ events: store } = await storesOn(nc));
  ada = randomUUID();
  // Between any two events of the account stands one of another.
  let sequence = 0;
  for (const event of historyOf(ada, HISTORY)) {
    const another = randomUUID();
    await store.append([writeOf(another, 0, opening(another))]);
    const outcome = await store.append([writeOf(ada, sequence, event)]);
    sequence = outcome.kind === 'stored' ? outcome.lastSequence : 0;
  }
});

/** Version v of the account stands at the stream sequence 2v. */
const at = (version: number): Position => ({ version, sequence: 2 * version });

async function callsOf(after: Position, consistency: Consistency): Promise<string[]> {
  await watcher.flush();
  calls = [];
  const head = await store.head(ada, consistency);
  if (head === undefined) throw new Error('no head');
  const events = await collected(store.tail(head, after, consistency));
  expect(events).toHaveLength(HISTORY - after.version);
  await nc.flush();
  await watcher.flush();
  return calls;
}

const LEADER = 'STREAM.MSG.GET';
const ANY = 'DIRECT.GET.ACCOUNTS';
const times = (count: number, call: string) => Array.from({ length: count }, () => call);

describe('the cost of reading an account depends on what is missing, not on the stream:', () => {
  test('nothing after the head', async () => {
    expect(await callsOf(at(HISTORY), 'any')).toEqual([ANY]);
    expect(await callsOf(at(HISTORY), 'leader')).toEqual([LEADER]);
  });

  test('a few events are read one by one, by their sequence', async () => {
    expect(await callsOf(at(HISTORY - 4), 'any')).toEqual(times(4, ANY));
    expect(await callsOf(at(HISTORY - 8), 'any')).toEqual(times(8, ANY));
  });

  test('many events are read together', async () => {
    expect((await callsOf(at(HISTORY - 9), 'any')).length).toBeLessThanOrEqual(3);
    expect((await callsOf(BEGINNING, 'any')).length).toBeLessThanOrEqual(3);
  });
});

describe('through the leader', () => {
  const LONG_HISTORY = 2_000;
  const LARGEST_APPEND = 500;

  /** In the place of all replicas. */
  async function replicaThat(answers: (request: Msg) => void): Promise<void> {
    const jsm = await jetstreamManager(nc);
    await jsm.streams.update(STREAM, { allow_direct: false });
    const subscription = watcher.subscribe(`$JS.API.DIRECT.GET.${STREAM}`, {
      callback: (_, request) => answers(request),
    });
    onTestFinished(() => subscription.unsubscribe());
    await watcher.flush();
  }

  test('means the leader where a few events are missing, for every single message', async () => {
    expect(await callsOf(at(HISTORY - 4), 'leader')).toEqual(times(4, LEADER));
  });

  test('a long history costs no call an event: the leader says where it ends', async () => {
    const bob = randomUUID();
    const history = historyOf(bob, LONG_HISTORY);
    for (let done = 0, sequence = 0; done < LONG_HISTORY; done += LARGEST_APPEND) {
      const events = history.slice(done, done + LARGEST_APPEND);
      const outcome = await store.append([writeOf(bob, sequence, ...events)]);
      sequence = outcome.kind === 'stored' ? outcome.lastSequence : 0;
    }
    await watcher.flush();
    calls = [];
    const head = await store.head(bob, 'leader');
    if (head === undefined) throw new Error('no head');
    const tail = await collected(store.tail(head, BEGINNING, 'leader'));
    expect(tail.map(({ event }) => event)).toEqual(history);
    await nc.flush();
    await watcher.flush();
    expect(calls).toEqual([LEADER, ...times(2, ANY)]);
  });

  test('every event comes from it where no replica answers', async () => {
    const jsm = await jetstreamManager(nc);
    await jsm.streams.update(STREAM, { allow_direct: false });
    expect(new Set(await callsOf(at(HISTORY - 12), 'leader'))).toContain(LEADER);
  });

  test('a replica that hangs is waited for once, and not for long', async () => {
    await replicaThat(() => vi.advanceTimersByTime(500));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const asked = await callsOf(BEGINNING, 'leader');
      expect(asked.filter((call) => call === ANY)).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a replica that is far behind is asked less and less', async () => {
    await replicaThat((request) =>
      request.respond('', { headers: headers(404, 'Message Not Found') }),
    );
    const asked = await callsOf(BEGINNING, 'leader');
    // Before the events 1, 2, 4, 8, 16, 32.
    expect(asked.filter((call) => call === ANY)).toHaveLength(6);
  });

  test('a gap in the versions is read over: it is the fold that finds it', async () => {
    const bob = randomUUID();
    const history = historyOf(bob, 20).filter(({ version }) => version !== 9);
    await store.append([writeOf(bob, 0, ...history)]);
    const head = await store.head(bob, 'leader');
    if (head === undefined) throw new Error('no head');
    const tail = await collected(store.tail(head, BEGINNING, 'leader'));
    expect(tail.map(({ event }) => event)).toEqual(history);
  });
});

test('an append asks JetStream for nothing', async () => {
  const head = await store.head(ada, 'any');
  if (head === undefined) throw new Error('no head');
  await watcher.flush();
  calls = [];
  await store.append([writeOf(ada, head.sequence, depositAfter(head.event))]);
  await watcher.flush();
  expect(calls).toEqual([]);
});

describe('recent events', () => {
  test('come in stretches of time, the newest first, each event once and each stretch in order', async () => {
    const jsm = await jetstreamManager(nc);
    const storedAt = async (version: number) => {
      const message = await jsm.streams.getMessage(STREAM, { seq: at(version).sequence });
      return message?.time.getTime() ?? 0;
    };
    const times = await Promise.all(Array.from({ length: HISTORY }, (_, i) => storedAt(i + 1)));
    const begins = [30, 10, 1].map((version) => times[version - 1] ?? 0);
    const expected = begins.flatMap((begin, stretch) =>
      times.flatMap((time, i) =>
        time >= begin && time < (begins[stretch - 1] ?? Infinity) ? [i + 1] : [],
      ),
    );
    const recent = await collected(readStretches(jsm, ada, begins));
    expect(recent.map(({ event }) => event.version)).toEqual(expected);
    expect(expected.length).toBe(HISTORY);
  });

  test('reach back twice as far as the server knows repeats, by its own clock', async () => {
    expect(beginsOfStretches(500_000, 240_000)).toEqual([
      499_000, 496_000, 484_000, 436_000, 260_000,
    ]);
    expect(beginsOfStretches(500_000, 500)).toEqual([499_500]);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    try {
      expect(await collected(store.recent(ada))).toHaveLength(HISTORY);
    } finally {
      vi.useRealTimers();
    }
  });
});
