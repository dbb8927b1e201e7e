import type { RecordedEvent } from '../account/events.ts';
import { decodeEvent, encodeEvent } from './event-codec.ts';
import type { EventStore, Head } from './event-store.ts';
import { entryOf, eventsIn } from './log-entry.ts';
import type { LogEntry } from './log-entry.ts';
import { shardOf, subjectOf } from './subjects.ts';

/** An event store in this process's memory, for tests of what stands on it. Payloads are real Avro. */
export function memoryEventStore(): EventStore {
  const log: { accountId: string; payload: Buffer }[] = [];
  const sequences = new Map<string, number[]>();

  const sequencesOf = (accountId: string) => sequences.get(accountId) ?? [];

  function recordedAt(sequence: number): RecordedEvent {
    const stored = log[sequence - 1];
    if (stored === undefined) throw new RangeError(`the log has no sequence ${sequence}`);
    return { sequence, event: decodeEvent(stored.payload) };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous
  async function* entries(
    afterSequence: number,
    untilSequence = log.length,
  ): AsyncGenerator<LogEntry> {
    const end = Math.min(untilSequence, log.length);
    for (const [index, { accountId, payload }] of log.slice(afterSequence, end).entries()) {
      const seq = afterSequence + index + 1;
      yield entryOf({ seq, subject: subjectOf(accountId), data: payload });
    }
  }

  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous
    async append(writes) {
      const payloads = writes.flatMap(({ accountId, events }) =>
        events.map(({ event }) => ({ accountId, payload: encodeEvent(event) })),
      );
      if (payloads.length === 0) throw new RangeError('an append holds at least one event');
      const current = writes.every(({ accountId, expectedSequence }, index) => {
        const first = writes.findIndex((write) => write.accountId === accountId);
        return first < index || (sequencesOf(accountId).at(-1) ?? 0) === expectedSequence;
      });
      if (!current) return { kind: 'conflict' };
      for (const { accountId, payload } of payloads) {
        log.push({ accountId, payload });
        sequences.set(accountId, [...sequencesOf(accountId), log.length]);
      }
      return { kind: 'stored', lastSequence: log.length };
    },

    event(sequence) {
      return Promise.resolve(sequence <= log.length ? recordedAt(sequence) : undefined);
    },

    head(accountId) {
      const all = sequencesOf(accountId);
      const last = all.at(-1);
      if (last === undefined) return Promise.resolve(undefined);
      const head: Head = { ...recordedAt(last), previousSequence: all.at(-2) ?? 0 };
      return Promise.resolve(head);
    },

    // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous
    async *tail(head, after) {
      for (const sequence of sequencesOf(head.event.accountId)) {
        if (sequence > after.sequence && sequence <= head.sequence) yield recordedAt(sequence);
      }
    },

    history(accountId, afterSequence, limit) {
      const later = sequencesOf(accountId).filter((sequence) => sequence > afterSequence);
      return Promise.resolve(later.slice(0, limit).map(recordedAt));
    },

    // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous
    async *recent(accountId) {
      for (const sequence of sequencesOf(accountId)) yield recordedAt(sequence);
    },

    lastSequence: () => Promise.resolve(log.length),

    replay: (afterSequence, untilSequence) => eventsIn(entries(afterSequence, untilSequence)),
    entries,

    nextOfShard(shard, afterSequence) {
      const index = log.findIndex(
        ({ accountId }, place) => place >= afterSequence && shardOf(accountId) === shard,
      );
      return Promise.resolve(index < 0 ? undefined : index + 1);
    },
  };
}
