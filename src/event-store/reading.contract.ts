import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { depositAfter, historyOf, opening, writeOf } from '../../test/support/account-events.ts';
import { collected } from '../../test/support/collected.ts';
import type { AccountEvent, RecordedEvent } from '../account/events.ts';
import { BEGINNING } from './event-store.ts';
import type { Consistency, EventStore, Head, Position } from './event-store.ts';

/** Longer than what is read backwards, and than one forward read holds. */
const LONG_HISTORY = 1_500;
const LARGEST_APPEND = 1_000;

/** An empty log, as two writers that know nothing of each other see it. */
export interface ContractLog {
  readonly store: EventStore;
  readonly other: EventStore;
}

/** The part of the event store's contract that reads: head, tail and replay. */
export function readingContract(emptyLog: () => Promise<ContractLog>): void {
  let store: EventStore;
  let ada: string;
  let bob: string;
  beforeEach(async () => {
    ({ store } = await emptyLog());
    [ada, bob] = [randomUUID(), randomUUID()];
  });

  /** Appends so many events in appends of `size`, each followed by one event of another account. */
  async function interleaved(events: number, size: number): Promise<RecordedEvent[]> {
    const history = historyOf(ada, events);
    const recorded: RecordedEvent[] = [];
    for (let start = 0; start < events; start += size) {
      const part = history.slice(start, start + size);
      recorded.push(...(await append(ada, recorded.at(-1)?.sequence ?? 0, part)));
      const another = randomUUID();
      await append(another, 0, [opening(another)]);
    }
    return recorded;
  }

  async function append(accountId: string, expected: number, events: AccountEvent[]) {
    const outcome = await store.append([writeOf(accountId, expected, ...events)]);
    if (outcome.kind !== 'stored') throw new Error(JSON.stringify(outcome));
    const first = outcome.lastSequence - events.length + 1;
    return events.map((event, index) => ({ sequence: first + index, event }));
  }

  async function headOf(accountId: string, consistency: Consistency): Promise<Head> {
    const head = await store.head(accountId, consistency);
    if (head === undefined) throw new Error(`${accountId} has no event`);
    return head;
  }

  const tail = (head: Head, after: Position, consistency: Consistency) =>
    collected(store.tail(head, after, consistency));

  describe.each<Consistency>(['any', 'leader'])('reading through %s', (consistency) => {
    test('an account without events has no head', async () => {
      await append(bob, 0, [opening(bob)]);
      expect(await store.head(ada, consistency)).toBeUndefined();
    });

    test('the head is the last event and tells where the one before stands', async () => {
      const [a1, a2, a3, a4] = historyOf(ada, 4) as FourEvents;
      await append(ada, 0, [a1]);
      expect(await headOf(ada, consistency)).toEqual(headAt(1, a1, 0));
      await append(bob, 0, [opening(bob)]);
      await append(ada, 1, [a2]);
      expect(await headOf(ada, consistency)).toEqual(headAt(3, a2, 1));
      await append(ada, 3, [a3, a4]);
      expect(await headOf(ada, consistency)).toEqual(headAt(5, a4, 4));
    });

    // Up to 8 events may be read one by one, backwards; more in larger steps, forwards.
    test.each([1, 2, 5, 8, 9, 40])('the tail of %i events is all of them', async (count) => {
      const recorded = await interleaved(count, 1);
      const head = await headOf(ada, consistency);
      expect(await tail(head, BEGINNING, consistency)).toEqual(recorded);
    });

    test.each([3, 8, 9, 30])('the tail starts right behind the %ith event', async (version) => {
      const recorded = await interleaved(31, 1);
      const head = await headOf(ada, consistency);
      const after = positionOf(recorded, version);
      expect(await tail(head, after, consistency)).toEqual(recorded.slice(version));
    });

    test('the tail after the head is empty', async () => {
      const recorded = await interleaved(12, 4);
      const head = await headOf(ada, consistency);
      expect(await tail(head, positionOf(recorded, 12), consistency)).toEqual([]);
    });

    test.each([2, 7, 12, 20])(
      'the tail of events that were appended together is whole, behind version %i too',
      async (version) => {
        const recorded = await interleaved(24, 6);
        const head = await headOf(ada, consistency);
        expect(await tail(head, BEGINNING, consistency)).toEqual(recorded);
        const after = positionOf(recorded, version);
        expect(await tail(head, after, consistency)).toEqual(recorded.slice(version));
      },
    );

    test.each([3, 20])('the tail ends at the head it was asked for', async (count) => {
      const recorded = await interleaved(count, 1);
      const head = await headOf(ada, consistency);
      await append(ada, head.sequence, [depositAfter(head.event)]);
      expect(await tail(head, BEGINNING, consistency)).toEqual(recorded);
    });

    test(`the tail of ${LONG_HISTORY} events is whole from any place on`, async () => {
      const recorded = await interleaved(LONG_HISTORY, LARGEST_APPEND);
      const head = await headOf(ada, consistency);
      for (const version of [1, 999, 1_000, 1_001, LONG_HISTORY - 8, LONG_HISTORY - 1]) {
        const after = positionOf(recorded, version);
        expect(await tail(head, after, consistency)).toEqual(recorded.slice(version));
      }
      expect(await tail(head, BEGINNING, consistency)).toEqual(recorded);
    });
  });

  describe('one event', () => {
    test('is found by its sequence, and undefined beyond the end', async () => {
      const all = [
        ...(await append(ada, 0, historyOf(ada, 2))),
        ...(await append(bob, 0, historyOf(bob, 1))),
      ];
      const found = await Promise.all([1, 2, 3, 4].map((sequence) => store.event(sequence)));
      expect(found).toEqual([...all, undefined]);
    });
  });

  test('the recent events of an account are all that were just stored', async () => {
    const recorded = await interleaved(3, 2);
    expect(await collected(store.recent(ada))).toEqual(recorded);
    expect(await collected(store.recent(randomUUID()))).toEqual([]);
  });

  describe('the history', () => {
    const history = (after: number, limit: number) => store.history(ada, after, limit);

    test('of an account without events is empty', async () => {
      await append(bob, 0, [opening(bob)]);
      expect(await history(0, 10)).toEqual([]);
    });

    test.each([1, 5, 11, 12, 13, 1_000])('comes in parts of %i', async (limit) => {
      const recorded = await interleaved(12, 5);
      const found: RecordedEvent[] = [];
      for (let part = await history(0, limit); part.length > 0;) {
        expect(part.length).toBe(Math.min(limit, recorded.length - found.length));
        found.push(...part);
        part = await history(found.at(-1)?.sequence ?? 0, limit);
      }
      expect(found).toEqual(recorded);
    });

    test('begins behind any sequence, also one of another account', async () => {
      const recorded = await interleaved(3, 1);
      expect(await history(2, 10)).toEqual(recorded.slice(1));
    });
  });

  test('the last sequence is that of the last event, 0 for an empty log', async () => {
    expect(await store.lastSequence()).toBe(0);
    await append(ada, 0, historyOf(ada, 3));
    await append(bob, 0, [opening(bob)]);
    expect(await store.lastSequence()).toBe(4);
  });

  describe('replay', () => {
    test('of an empty log is empty', async () => {
      expect(await collected(store.replay(0))).toEqual([]);
    });

    test('has every event of every account in the order of the log', async () => {
      const adas = historyOf(ada, 3);
      const bobs = historyOf(bob, 4);
      const all = [
        ...(await append(ada, 0, adas.slice(0, 2))),
        ...(await append(bob, 0, bobs)),
        ...(await append(ada, 2, adas.slice(2))),
      ];
      expect(await collected(store.replay(0))).toEqual(all);
    });

    test.each([0, 1, 7, 11, 12])('starts right behind sequence %i', async (after) => {
      const all = await append(ada, 0, historyOf(ada, 12));
      expect(await collected(store.replay(after))).toEqual(all.slice(after));
    });

    test.each([
      [0, 5],
      [3, 99],
      [7, 5],
    ])('behind sequence %i and up to %i has what stands between', async (after, until) => {
      const all = await append(ada, 0, historyOf(ada, 12));
      expect(await collected(store.replay(after, until))).toEqual(all.slice(after, until));
    });

    test('ends where the log ended when it was called', async () => {
      const all = await append(ada, 0, historyOf(ada, 10));
      const seen: RecordedEvent[] = [];
      for await (const recorded of store.replay(0)) {
        if (seen.length === 0) await append(bob, 0, historyOf(bob, 10));
        seen.push(recorded);
      }
      expect(seen).toEqual(all);
    });

    test('can be left early and started again', async () => {
      const all = await append(ada, 0, historyOf(ada, 10));
      for await (const { sequence } of store.replay(0)) if (sequence === 3) break;
      expect(await collected(store.replay(3))).toEqual(all.slice(3));
    });
  });
}

type FourEvents = [AccountEvent, AccountEvent, AccountEvent, AccountEvent];

const headAt = (sequence: number, event: AccountEvent, previousSequence: number): Head => ({
  sequence,
  event,
  previousSequence,
});

function positionOf(recorded: readonly RecordedEvent[], version: number): Position {
  const found = recorded.find(({ event }) => event.version === version);
  if (found === undefined) throw new RangeError(`there is no version ${version}`);
  return { version, sequence: found.sequence };
}
