import type { JetStreamManager } from '@nats-io/jetstream';
import type { RecordedEvent } from '../../account/events.ts';
import { subjectOf } from '../subjects.ts';
import { DIRECT_BATCH } from './direct-batch.ts';
import { STREAM } from './names.ts';
import { readHistory } from './read.ts';

/** How far the newest stretch reaches back, in milliseconds, and each next one times as far. */
const FIRST_STRETCH_MS = 1_000;
const FURTHER = 4;

const NANOS_PER_MS = 1e6;

/**
 * The account's events as {@link EventReader.recent} has them. Who looks for a repeat mostly finds it
 * in the last seconds, however many events there are. All times are the server's own, and the stream's
 * window counts as it is now.
 */
export async function* readRecent(
  jsm: JetStreamManager,
  accountId: string,
): AsyncGenerator<RecordedEvent> {
  const { config, ts } = await jsm.streams.info(STREAM);
  const now = ts === undefined ? Date.now() : Date.parse(ts);
  const begins = beginsOfStretches(now, (2 * config.duplicate_window) / NANOS_PER_MS);
  yield* readStretches(jsm, accountId, begins);
}

/** Where the stretches begin that reach back from now, the newest first, the last at the farthest. */
export function beginsOfStretches(now: number, farthestMs: number): number[] {
  const begins: number[] = [];
  for (let back = FIRST_STRETCH_MS; back < farthestMs; back *= FURTHER) begins.push(now - back);
  return [...begins, now - farthestMs];
}

/** Each stretch ends where the one before it began. */
export async function* readStretches(
  jsm: JetStreamManager,
  accountId: string,
  begins: Iterable<number>,
): AsyncGenerator<RecordedEvent> {
  let end = Infinity;
  for (const begin of begins) {
    const first = await firstSince(jsm, accountId, begin);
    if (first === undefined || first >= end) continue;
    yield* readStretch(jsm, accountId, first, end);
    end = first;
  }
}

/** Stream sequence of the account's first event that was stored since the time, by the leader's word. */
async function firstSince(
  jsm: JetStreamManager,
  accountId: string,
  time: number,
): Promise<number | undefined> {
  // The server knows both here too, where no sequence is asked for; the client's type does not.
  const start_time = new Date(time).toISOString();
  const query = { seq: 0, start_time, next_by_subj: subjectOf(accountId) };
  const message = await jsm.streams.getMessage(STREAM, query);
  return message?.seq;
}

async function* readStretch(
  jsm: JetStreamManager,
  accountId: string,
  first: number,
  end: number,
): AsyncGenerator<RecordedEvent> {
  for (let reached: number | undefined = first - 1; reached !== undefined;) {
    const part = await readHistory(jsm, accountId, reached, DIRECT_BATCH);
    for (const recorded of part) {
      if (recorded.sequence >= end) return;
      yield recorded;
    }
    reached = part.length < DIRECT_BATCH ? undefined : part.at(-1)?.sequence;
  }
}
