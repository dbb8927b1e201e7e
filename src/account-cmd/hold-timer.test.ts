import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test, vi } from 'vitest';
import { create, decimal, requestOf } from '../../test/support/command-requests.ts';
import { memorySnapshotStore } from '../../test/support/memory-snapshot-store.ts';
import { scriptedEventStore } from '../../test/support/scripted-event-store.ts';
import type { ScriptedEventStore } from '../../test/support/scripted-event-store.ts';
import { MAX_HOLD_MS } from '../account/holds.ts';
import type { HoldTimer } from '../event-store/hold-timers.ts';
import { memoryEventStore } from '../event-store/memory-event-store.ts';
import type { CommandRequest } from './command.ts';
import { createCommandService } from './command-service.ts';
import type { CommandLimits, CommandService } from './command-service.ts';

/** An hour from the beginning. */
const END = 3_601_000;

let now: number;
let store: ScriptedEventStore;
let scheduled: HoldTimer[];
let schedule: () => Promise<void>;
let ada: string;
let service: CommandService;

function serve(limits: Partial<CommandLimits> = {}): CommandService {
  return createCommandService({
    events: store,
    snapshots: memorySnapshotStore(),
    sources: { now: () => now, newId: randomUUID },
    limits,
    timers: {
      schedule(timer) {
        scheduled.push(timer);
        return schedule();
      },
    },
  });
}

beforeEach(async () => {
  now = 1_000;
  store = scriptedEventStore(memoryEventStore());
  scheduled = [];
  schedule = () => Promise.resolve();
  ada = randomUUID();
  service = serve();
  await service.execute(create(ada, '10.00'));
});

const hold = (expiresAt?: number): CommandRequest =>
  requestOf(ada, {
    type: 'PlaceHold',
    holdId: randomUUID(),
    amount: decimal('1.00'),
    ...(expiresAt !== undefined && { expiresAt }),
  });

test('the timer is set before anything is appended, and waited for at the end', async () => {
  const { promise, resolve }: PromiseWithResolvers<void> = Promise.withResolvers();
  schedule = () => promise;
  const answer = service.execute(hold(END));
  const drained = service.drain().then(() => store.tried.length);
  expect(scheduled).toMatchObject([{ accountId: ada, expiresAt: END }]);
  expect([service.open(), store.tried.length]).toEqual([1, 1]);
  resolve();
  expect(await answer).toMatchObject({ kind: 'done' });
  expect(await drained).toBe(2);
  expect(service.open()).toBe(0);
});

test('a timer that is not set leaves no hold', async () => {
  schedule = () => Promise.reject(new Error('no stream takes it'));
  expect(await service.execute(hold(END))).toEqual({
    kind: 'unavailable',
    detail: "the hold's timer is not set: no stream takes it",
  });
  expect(store.tried).toHaveLength(1);
});

test('a hold without an end, or with one that is past or too far ahead, sets no timer', async () => {
  expect(await service.execute(hold())).toMatchObject({ kind: 'done' });
  expect(await service.execute(hold(now))).toMatchObject({ kind: 'refused' });
  expect(await service.execute(hold(now + 2 * MAX_HOLD_MS))).toMatchObject({ kind: 'refused' });
  expect(scheduled).toEqual([]);
});

test('a hold that is not too far ahead only once it is decided on has a timer all the same', async () => {
  schedule = () => {
    now += 1;
    return Promise.resolve();
  };
  expect(await service.execute(hold(now + MAX_HOLD_MS + 1))).toMatchObject({ kind: 'done' });
  expect(scheduled).toHaveLength(1);
});

test('no more timers are set at once than commands may be open', async () => {
  service = serve({ openInAll: 1 });
  const { promise, resolve }: PromiseWithResolvers<void> = Promise.withResolvers();
  schedule = () => promise;
  const first = service.execute(hold(END));
  expect(await service.execute(hold(END))).toMatchObject({ kind: 'overloaded' });
  resolve();
  expect(await first).toMatchObject({ kind: 'done' });
});

test('a hold that is in the log only after its end has its timer set again', async () => {
  store.script(() => {
    now = END;
    return Promise.resolve();
  });
  expect(await service.execute(hold(END))).toMatchObject({ kind: 'done' });
  expect(scheduled).toHaveLength(2);
  expect(scheduled[1]).toEqual(scheduled[0]);
});

test('a hold that ends soon has its timer set again, by whichever clock that is', async () => {
  // The server that keeps the timers may be ahead: it may have fired before there was a hold.
  expect(await service.execute(hold(now + 10_000))).toMatchObject({ kind: 'done' });
  expect(scheduled).toHaveLength(2);
  expect(await service.execute(hold(END))).toMatchObject({ kind: 'done' });
  expect(scheduled).toHaveLength(3);
});

test('a hold that may get into the log later has its timer set again', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  store.append = () => {
    // Longer than any command may take.
    vi.advanceTimersByTime(60_000);
    return Promise.resolve({ kind: 'unknown', reason: 'the answer is lost' });
  };
  try {
    expect(await service.execute(hold(now + 10_000))).toMatchObject({ kind: 'unknown' });
    expect(scheduled).toHaveLength(2);
  } finally {
    vi.useRealTimers();
  }
});
