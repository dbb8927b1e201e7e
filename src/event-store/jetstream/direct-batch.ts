import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { STREAM } from './names.ts';

/** How many messages one direct batch get asks for. */
export const DIRECT_BATCH = 1_000;

/** A stretch of the stream, both ends included; of one subject where one is given. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly subject?: string;
}

/** The first messages of the range, at most {@link DIRECT_BATCH}, from whichever replica answers. */
export async function directBatch(
  jsm: JetStreamManager,
  { from, to, subject }: Range,
): Promise<StoredMsg[]> {
  const messages: StoredMsg[] = [];
  // With a callback: as an iterator the client leaks its subscription at the end.
  return new Promise((resolve, reject) => {
    jsm.direct
      .getBatch(STREAM, {
        seq: from,
        batch: DIRECT_BATCH,
        ...(subject !== undefined && { next_by_subj: subject }),
        callback: (done, message) => {
          if (done === null) {
            if (message.seq <= to) messages.push(message);
          } else if (done.err === undefined || isNotFound(done.err)) resolve(messages);
          else reject(done.err);
        },
      })
      .catch(reject);
  });
}

/** The server answers an empty range with the status 404. */
const isNotFound = (error: Error) => error.message.includes('message not found');
