import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import type { RecordedEvent } from '../../account/events.ts';
import { decodeEvent } from '../event-codec.ts';
import type { Consistency, Head } from '../event-store.ts';
import { subjectOf } from '../subjects.ts';
import { DIRECT_BATCH, directBatch } from './direct-batch.ts';
import type { Range } from './direct-batch.ts';
import { STREAM } from './names.ts';

/** The account's events after `after` up to and with `head`, in order. */
export async function* readForwards(
  jsm: JetStreamManager,
  head: Head,
  after: { readonly sequence: number; readonly version: number | undefined },
  consistency: Consistency,
): AsyncGenerator<RecordedEvent> {
  const subject = subjectOf(head.event.accountId);
  const next = consistency === 'leader' ? surely(jsm) : anyReplicas(jsm);
  let { sequence, version } = after;
  while (sequence < head.sequence - 1) {
    const range = { subject, from: sequence + 1, to: head.sequence - 1 };
    const batch = await next(range, version);
    if (batch.length === 0) break;
    for (const recorded of batch) {
      yield recorded;
      sequence = recorded.sequence;
      version = recorded.event.version;
    }
  }
  // The head is in our hands; a lagging replica may not have it yet.
  yield { sequence: head.sequence, event: head.event };
}

/** The next events of the range, after a version where that is known; none behind the last. */
type Next = (range: Required<Range>, version: number | undefined) => Promise<RecordedEvent[]>;

const anyReplicas =
  (jsm: JetStreamManager): Next =>
  async (range) =>
    (await directBatch(jsm, range)).map(recordedOf);

/** How long a replica may send nothing before the leader is asked instead, in milliseconds. */
const STALLED_MS = 500;

/**
 * As the leader has them. From the leader only one at a time can be had, so any replica is asked: an
 * event never changes, and what follows without a gap in the versions is right. Where the version is not
 * known, the leader gives the next one; where the replica lags or lacks an event, one, and then two,
 * four and so on until one is of use again; where it does not answer, as many as it was asked for.
 */
function surely(jsm: JetStreamManager): Next {
  let withoutReplicas = 0;
  let inVain = 0;
  return async (range, version) => {
    if (version !== undefined && withoutReplicas === 0) {
      try {
        const batch = await directBatch(jsm, range, { stalledMs: STALLED_MS });
        const found = batch.map(recordedOf);
        const gap = found.findIndex(({ event }, index) => event.version !== version + 1 + index);
        if (gap !== 0 && found.length > 0) {
          inVain = 0;
          return gap < 0 ? found : found.slice(0, gap);
        }
        withoutReplicas = Math.min(2 ** inVain, DIRECT_BATCH);
        inVain += 1;
      } catch {
        withoutReplicas = DIRECT_BATCH;
      }
    }
    withoutReplicas = Math.max(withoutReplicas - 1, 0);
    return (await getNext(jsm, range)).map(recordedOf);
  };
}

/** The first message of the range, through the leader: it has no call for several. */
async function getNext(
  jsm: JetStreamManager,
  { subject, from, to }: Required<Range>,
): Promise<StoredMsg[]> {
  const message = await nextOn(jsm, subject, from);
  return message === null || message.seq > to ? [] : [message];
}

/** The first message of the subject from a stream sequence on, through the leader. */
export function nextOn(
  jsm: JetStreamManager,
  subject: string,
  from: number,
): Promise<StoredMsg | null> {
  // The server knows next_by_subj here too; the client's type does not.
  const query = { seq: from, next_by_subj: subject };
  return jsm.streams.getMessage(STREAM, query);
}

export function recordedOf(message: {
  readonly seq: number;
  readonly data: Uint8Array;
}): RecordedEvent {
  return { sequence: message.seq, event: decodeEvent(message.data) };
}
