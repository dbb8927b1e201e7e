import { randomUUID } from 'node:crypto';
import type { NatsConnection } from 'nats';
import type { AccountEvent } from '../../account/events.ts';
import { encodeEvent } from '../event-codec.ts';
import type { AccountWrite, AppendOutcome, EventStore } from '../event-store.ts';
import { sameCommand } from '../message-id.ts';
import { subjectOf } from '../subjects.ts';
import { eventHeaders, messageHeaders } from './event-headers.ts';
import type { Headers } from './event-headers.ts';
import type { EventLoopTurn } from './event-loop-turn.ts';
import { groupCommit } from './group-commit.ts';
import { EXPECTED_SEQUENCE_HEADER, PREDECESSOR_HEADER } from './names.ts';
import { outcomeOf } from './publish-outcome.ts';
import type { Requester } from './requester.ts';

interface Message {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: Headers;
}

/** The server refuses more messages in one atomic batch (nats-server 2.12 to 2.15). */
export const MAX_BATCH = 1000;

/**
 * Appends on core NATS: one event as a plain publish, several as one atomic batch (ADR-50 of NATS).
 *
 * The JetStream client's own batch drops the expected sequences, which are the whole point here, so
 * the batch headers are written by hand: see docs/adr/0003.
 */
export function createAppend(
  nc: NatsConnection,
  requester: Requester,
  turn: EventLoopTurn,
): EventStore['append'] {
  async function publish(messages: readonly Message[]): Promise<AppendOutcome> {
    const last = messages.at(-1);
    if (last === undefined) throw new RangeError('an append holds at least one event');
    try {
      for (const { subject, payload, headers } of messages.slice(0, -1)) {
        nc.publish(subject, payload, { headers: messageHeaders(headers) });
      }
      return outcomeOf(
        await requester.request(last.subject, last.payload, messageHeaders(last.headers)),
      );
    } catch (error) {
      // Thrown before the last message left, and without that one a batch is never stored.
      return {
        kind: 'unavailable',
        reason: error instanceof Error ? error.message : String(error),
      };
    }
  }

  const commit = groupCommit((messages: readonly Message[]) => {
    markAsBatch(messages);
    return publish(messages);
  });

  return async (writes) => {
    const messages = messagesOf(writes);
    if (messages.length > MAX_BATCH) {
      throw new RangeError(`an append holds at most ${MAX_BATCH} events, not ${messages.length}`);
    }
    if (messages.length > 1) return commit(messages);
    await turn.end();
    return publish(messages);
  };
}

/**
 * Only an account's first event carries the expectation: the server refuses a second in a batch. A
 * later one finds its predecessor in the batch, right before it unless it says otherwise.
 */
function messagesOf(writes: readonly AccountWrite[]): Message[] {
  const messages: Message[] = [];
  const accounts = new Map<string, Written>();
  for (const { accountId, expectedSequence, events } of writes) {
    const subject = subjectOf(accountId);
    for (const pending of events) {
      const before = accounts.get(accountId);
      const { event } = pending;
      const indexInCommand =
        before !== undefined && sameCommand(before.event, event) ? before.indexInCommand + 1 : 0;
      const headers = eventHeaders(pending, indexInCommand);
      const place = messages.length;
      if (before === undefined) headers[EXPECTED_SEQUENCE_HEADER] = String(expectedSequence);
      else if (place - before.place > 1) headers[PREDECESSOR_HEADER] = String(place - before.place);
      accounts.set(accountId, { place, event, indexInCommand });
      messages.push({ subject, payload: encodeEvent(event), headers });
    }
  }
  return messages;
}

/** An account's last event in the append so far. */
interface Written {
  /** Index in the append. */
  readonly place: number;
  readonly event: AccountEvent;
  /** Place among the events of its command on this account, from 0. */
  readonly indexInCommand: number;
}

function markAsBatch(messages: readonly Message[]): void {
  const batchId = randomUUID();
  messages.forEach(({ headers }, index) => {
    headers['Nats-Batch-Id'] = batchId;
    headers['Nats-Batch-Sequence'] = String(index + 1);
    if (index === messages.length - 1) headers['Nats-Batch-Commit'] = '1';
  });
}
