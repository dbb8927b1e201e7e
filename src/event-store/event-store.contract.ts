import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  depositAfter,
  historyOf,
  opening,
  recordOf,
  writeOf,
} from '../../test/support/account-events.ts';
import { collected } from '../../test/support/collected.ts';
import type { AccountEvent, RecordedEvent } from '../account/events.ts';
import { BEGINNING } from './event-store.ts';
import type { EventStore } from './event-store.ts';
import { readingContract } from './reading.contract.ts';
import type { ContractLog } from './reading.contract.ts';

const RACERS = 50;
const LARGEST_LONG = 9_223_372_036_854_775_807n;

/** What everything that calls itself an {@link EventStore} does. `emptyLog` is called before each test. */
export function eventStoreContract(emptyLog: () => Promise<ContractLog>): void {
  let store: EventStore;
  let other: EventStore;
  let ada: string;
  let bob: string;
  beforeEach(async () => {
    ({ store, other } = await emptyLog());
    [ada, bob] = [randomUUID(), randomUUID()];
  });

  const logged = () => collected(store.replay(0));
  const stored = (...events: AccountEvent[]): RecordedEvent[] =>
    events.map((event, index) => ({ sequence: index + 1, event }));

  describe('append', () => {
    test('stores the first event of a new account', async () => {
      const event = opening(ada);
      expect(await store.append([writeOf(ada, 0, event)])).toEqual(storedUpTo(1));
      expect(await logged()).toEqual(stored(event));
    });

    test('stores several events on consecutive sequences, in order', async () => {
      const events = historyOf(ada, 7);
      expect(await store.append([writeOf(ada, 0, ...events)])).toEqual(storedUpTo(7));
      expect(await logged()).toEqual(stored(...events));
    });

    test('goes on where the account stands, wherever that is', async () => {
      const first = opening(ada);
      const second = depositAfter(first);
      await store.append([writeOf(ada, 0, first)]);
      await store.append([writeOf(bob, 0, ...historyOf(bob, 3))]);
      expect(await store.append([writeOf(ada, 1, second)])).toEqual(storedUpTo(5));
      expect(await store.append([writeOf(ada, 5, depositAfter(second))])).toEqual(storedUpTo(6));
    });

    test('stores the events of several accounts at once', async () => {
      const [a1, a2, a3] = historyOf(ada, 3) as [AccountEvent, AccountEvent, AccountEvent];
      const bobs = historyOf(bob, 2);
      await store.append([writeOf(ada, 0, a1)]);
      const writes = [writeOf(ada, 1, a2, a3), writeOf(bob, 0, ...bobs)];
      expect(await store.append(writes)).toEqual(storedUpTo(5));
      expect(await logged()).toEqual(stored(a1, a2, a3, ...bobs));
    });

    test.each([
      ['first', 3, 2],
      ['second', 2, 1],
    ])(
      'of several accounts stores nothing when the %s has moved on',
      async (_, expectedOfAda, expectedOfBob) => {
        const [a1, a2] = historyOf(ada, 2) as [AccountEvent, AccountEvent];
        const [b1, b2, b3] = historyOf(bob, 3) as [AccountEvent, AccountEvent, AccountEvent];
        await store.append([writeOf(bob, 0, b1)]);
        await store.append([writeOf(ada, 0, a1)]);
        await store.append([writeOf(bob, 1, b2)]);
        // Ada stands at 2, Bob at 3.
        const writes = [writeOf(ada, expectedOfAda, a2), writeOf(bob, expectedOfBob + 1, b3)];
        expect(await store.append(writes)).toEqual({ kind: 'conflict' });
        expect(await logged()).toEqual(stored(b1, a1, b2));
      },
    );

    test.each([
      ['of a new account', 0],
      ['that is stale', 1],
      ['that another account meets', 3],
      ['that is ahead of the log', 4],
    ])('conflicts on an expectation %s, and stores nothing', async (_, expectedSequence) => {
      const adas = historyOf(ada, 2);
      const bobs = historyOf(bob, 1);
      await store.append([writeOf(ada, 0, ...adas)]);
      await store.append([writeOf(bob, 0, ...bobs)]);
      const next = depositAfter(adas.at(-1) ?? adas[0]);
      for (const events of [[next], [next, depositAfter(next)]]) {
        const outcome = await store.append([writeOf(ada, expectedSequence, ...events)]);
        expect(outcome).toEqual({ kind: 'conflict' });
      }
      expect(await logged()).toEqual(stored(...adas, ...bobs));
    });

    test.each([1, 2])('of the same %i events again stores nothing', async (count) => {
      const write = writeOf(ada, 0, ...historyOf(ada, count));
      await store.append([write]);
      // JetStream recognises a batch by its message ids before it looks at the expectation.
      expect(['conflict', 'duplicate']).toContain((await store.append([write])).kind);
      expect(await logged()).toHaveLength(count);
    });

    test('keeps money and text exactly', async () => {
      const text = 'Žofie O’Neill — 山田 👩🏽‍💻 \u0000\n"\\';
      const key = 'order:2024/11 "#1" {~}';
      const first = opening(ada, { ownerName: text, initialBalance: 0n, commandHash: 'ab12' });
      const largest = depositAfter(first, LARGEST_LONG, { commandId: key });
      const odd = opening(bob, { currency: 'CLF', initialBalance: 9_007_199_254_740_993n });
      await store.append([writeOf(ada, 0, first, largest), writeOf(bob, 0, odd)]);
      expect(await logged()).toEqual(stored(first, largest, odd));
    });

    test('refuses an event that no schema holds, and stores nothing of its append', async () => {
      const first = opening(ada);
      const tooMuch = depositAfter(first, LARGEST_LONG);
      await expect(store.append([writeOf(ada, 0, first, tooMuch)])).rejects.toThrow();
      expect(await logged()).toEqual([]);
      expect(await store.head(ada, 'leader')).toBeUndefined();
    });

    test('refuses to append nothing', async () => {
      await expect(store.append([])).rejects.toThrow(RangeError);
      await expect(store.append([writeOf(ada, 0)])).rejects.toThrow(RangeError);
    });
  });

  describe('racing appends', () => {
    test(`of ${RACERS} writers with the same expectation exactly one is stored`, async () => {
      const first = opening(ada);
      await store.append([writeOf(ada, 0, first)]);
      const racing = Array.from({ length: RACERS }, (_, racer) => {
        const next = depositAfter(first, BigInt(racer + 1));
        const events = racer % 2 === 0 ? [next] : [next, depositAfter(next)];
        return { events, write: [writeOf(ada, 1, ...events)] };
      });
      const outcomes = await Promise.all(
        racing.map(({ write }, racer) => (racer % 3 === 0 ? other : store).append(write)),
      );
      const winners = racing.filter((_, racer) => outcomes[racer]?.kind === 'stored');
      expect(winners).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === 'conflict')).toHaveLength(RACERS - 1);
      expect(await logged()).toEqual(stored(first, ...(winners[0]?.events ?? [])));
    });

    test('over two accounts in either order leave both with whole appends only', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: RACERS }, (_, racer) => {
          const writes = [writeOf(ada, 0, opening(ada)), writeOf(bob, 0, opening(bob))];
          return (racer % 3 === 0 ? other : store).append(
            racer % 2 === 0 ? writes : writes.reverse(),
          );
        }),
      );
      expect(outcomes.filter(({ kind }) => kind === 'stored')).toEqual([storedUpTo(2)]);
      const accounts = (await logged()).map(({ event }) => event.accountId);
      expect(accounts.sort()).toEqual([ada, bob].sort());
    });

    test('each on an account of its own are all stored', async () => {
      const accounts = Array.from({ length: RACERS }, () => randomUUID());
      const outcomes = await Promise.all(
        accounts.map((id) => store.append([writeOf(id, 0, ...historyOf(id, 3))])),
      );
      expect(outcomes.filter(({ kind }) => kind !== 'stored')).toEqual([]);
      for (const id of accounts) {
        const head = await other.head(id, 'leader');
        const events = head && (await collected(other.tail(head, BEGINNING, 'leader')));
        expect(recordOf(events ?? []).account.version).toBe(3);
      }
    });
  });

  readingContract(emptyLog);
}

const storedUpTo = (lastSequence: number) => ({ kind: 'stored', lastSequence });
