import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { STREAM } from './names.ts';

/** How many messages one direct batch get asks for. */
export const DIRECT_BATCH = 1_000;

/** A batch that brings nothing for so long has been lost with its connection, in milliseconds. */
const STALLED_MS = 3_000;

export interface BatchLimits {
  /** 1 to {@link DIRECT_BATCH}, which is the default. */
  readonly messages?: number;
  /** How long nothing may come, in milliseconds. */
  readonly stalledMs?: number;
}

/** A stretch of the stream, both ends included; of one subject where one is given. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly subject?: string;
}

/**
 * The first messages of the range, from whichever replica answers; fewer when some were lost on the
 * way, never with a hole between them.
 * @throws Error when the server refuses or stops to answer.
 */
export async function directBatch(
  jsm: JetStreamManager,
  { from, to, subject }: Range,
  { messages: limit = DIRECT_BATCH, stalledMs = STALLED_MS }: BatchLimits = {},
): Promise<StoredMsg[]> {
  const messages: StoredMsg[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<StoredMsg[]>();
  const stalled = setTimeout(
    () => reject(new Error(`the stream sent nothing for ${stalledMs} ms`)),
    stalledMs,
  );
  let whole = true;

  try {
    // With a callback: as an iterator the client leaks its subscription at the end.
    const iterator = await jsm.direct.getBatch(STREAM, {
      seq: from,
      // No more than the range can hold: what lies behind it would be sent for nothing.
      batch: Math.min(limit, to - from + 1),
      ...(subject !== undefined && { next_by_subj: subject }),
      callback(done, message) {
        if (done !== null) {
          if (done.err === undefined || isNotFound(done.err)) resolve(messages);
          else reject(done.err);
          return;
        }
        stalled.refresh();
        // Every message names the one sent before it, the first one 0: one that was lost shows here.
        whole &&= previousOf(message) === (messages.at(-1)?.seq ?? 0);
        if (whole && message.seq <= to) messages.push(message);
      },
    });
    return await promise.finally(() => iterator.stop());
  } finally {
    clearTimeout(stalled);
  }
}

const previousOf = ({ header }: StoredMsg) => Number(header.get('Nats-Last-Sequence'));

/** The server answers an empty range with the status 404. */
const isNotFound = (error: Error) => error.message.includes('message not found');
