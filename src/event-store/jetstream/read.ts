import type { DirectMsgRequest, JetStreamManager, MsgRequest, StoredMsg } from '@nats-io/jetstream';
import type { RecordedEvent } from '../../account/events.ts';
import type { Consistency, Head, Position } from '../event-store.ts';
import { shardSubject, subjectOf } from '../subjects.ts';
import { directBatch } from './direct-batch.ts';
import { EXPECTED_SEQUENCE_HEADER, PREDECESSOR_HEADER, STREAM } from './names.ts';
import { nextOn, readForwards, recordedOf } from './read-forwards.ts';

/**
 * Up to this many events are read backwards, one direct get each: every message tells where its
 * predecessor stands, and a get by sequence costs the same in any stream. A snapshot leaves at most
 * four behind. More are read forwards in batches, which scan the stream's blocks.
 */
const BACKWARD_READ_LIMIT = 8;

/** Behind every stream sequence. */
const LAST = Number.MAX_SAFE_INTEGER;

/** The event at a stream sequence, through the leader. */
export async function readEvent(
  jsm: JetStreamManager,
  sequence: number,
): Promise<RecordedEvent | undefined> {
  const message = await getMessage(jsm, { seq: sequence }, 'leader');
  return message === null ? undefined : recordedOf(message);
}

/** The account's last event. `leader` goes through the stream's leader, `any` to whoever answers. */
export async function readHead(
  jsm: JetStreamManager,
  accountId: string,
  consistency: Consistency,
): Promise<Head | undefined> {
  const query = { last_by_subj: subjectOf(accountId) };
  const message = await getMessage(jsm, query, consistency);
  return message === null ? undefined : headOf(message);
}

function getMessage(
  jsm: JetStreamManager,
  query: MsgRequest & DirectMsgRequest,
  consistency: Consistency,
): Promise<StoredMsg | null> {
  return consistency === 'leader'
    ? jsm.streams.getMessage(STREAM, query)
    : jsm.direct.getMessage(STREAM, query);
}

/** The events after `after` up to and with `head`, in order. */
export async function* readTail(
  jsm: JetStreamManager,
  head: Head,
  after: Position,
  consistency: Consistency,
): AsyncGenerator<RecordedEvent> {
  if (head.sequence <= after.sequence) return;
  const missing = head.event.version - after.version;
  const backwards =
    missing <= BACKWARD_READ_LIMIT ? await readBackwards(jsm, head, after, consistency) : undefined;
  if (backwards !== undefined) yield* backwards;
  else yield* readForwards(jsm, head, after, consistency);
}

/** Follows the messages' own pointers; undefined when one leads astray. */
async function readBackwards(
  jsm: JetStreamManager,
  head: Head,
  after: Position,
  consistency: Consistency,
): Promise<RecordedEvent[] | undefined> {
  const events: Head[] = [head];
  for (let { previousSequence } = head; previousSequence > after.sequence;) {
    const message = await getMessage(jsm, { seq: previousSequence }, consistency);
    if (message?.subject !== subjectOf(head.event.accountId)) return undefined;
    const event = headOf(message);
    events.push(event);
    ({ previousSequence } = event);
  }
  return events.reverse();
}

/** The account's first events after a stream sequence, in order, at most `limit`. */
export async function readHistory(
  jsm: JetStreamManager,
  accountId: string,
  afterSequence: number,
  limit: number,
): Promise<RecordedEvent[]> {
  const range = { subject: subjectOf(accountId), from: afterSequence + 1, to: LAST };
  const events = (await directBatch(jsm, range, { messages: limit })).map(recordedOf);
  if (events.length === limit) return events;
  // The end, unless the replica that answered lags behind: only the leader knows.
  const head = await readHead(jsm, accountId, 'leader');
  const last = events.at(-1);
  const reached = { sequence: last?.sequence ?? afterSequence, version: last?.event.version };
  if (head === undefined || head.sequence <= reached.sequence) return events;
  for await (const recorded of readForwards(jsm, head, reached, 'leader')) {
    events.push(recorded);
    if (events.length === limit) break;
  }
  return events;
}

/** Stream sequence of the shard's first event after another one, through the leader. */
export async function readNextOfShard(
  jsm: JetStreamManager,
  shard: number,
  afterSequence: number,
): Promise<number | undefined> {
  const message = await nextOn(jsm, shardSubject(shard), afterSequence + 1);
  return message?.seq;
}

function headOf(message: StoredMsg): Head {
  const expected = message.header.get(EXPECTED_SEQUENCE_HEADER);
  // The later events of a batch carry no expectation: they say how far before them theirs stands.
  const distance = Number(message.header.get(PREDECESSOR_HEADER) || 1);
  const previousSequence = expected === '' ? message.seq - distance : Number(expected);
  return { ...recordedOf(message), previousSequence };
}
