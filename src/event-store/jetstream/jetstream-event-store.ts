import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from 'nats';
import type { EventStore, SnapshotStore } from '../event-store.ts';
import { createAppend } from './append.ts';
import { SNAPSHOT_BUCKET, STREAM } from './names.ts';
import { readEvent, readHead, readHistory, readTail } from './read.ts';
import { replayStream } from './replay.ts';
import { createRequester } from './requester.ts';
import { kvSnapshotStore } from './snapshots.ts';

export interface JetStreamStores {
  readonly events: EventStore;
  readonly snapshots: SnapshotStore;
}

export interface JetStreamOptions {
  /** How long an append or a read waits for its answer, in milliseconds. */
  readonly timeoutMs: number;
  /** First tokens of the inbox for answers, where the user may not listen on others; default `_INBOX`. */
  readonly inboxPrefix?: string;
}

/** The event and snapshot stores on a NATS connection. The streams must exist: see `stream-config.ts`. */
export async function jetStreamStores(
  nc: NatsConnection,
  options: JetStreamOptions,
): Promise<JetStreamStores> {
  const { timeoutMs } = options;
  const requester = createRequester(nc, options);
  // checkAPI would ask for account info, which a least-privilege user may not.
  const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: timeoutMs });
  const js = jetstream(nc, { timeout: timeoutMs });
  const kv = await new Kvm(js).open(SNAPSHOT_BUCKET, { bindOnly: true, allow_direct: true });
  return {
    events: {
      append: createAppend(nc, requester),
      event: (sequence) => readEvent(jsm, sequence),
      head: (accountId, consistency) => readHead(jsm, accountId, consistency),
      tail: (head, after, consistency) => readTail(jsm, head, after, consistency),
      history: (accountId, afterSequence, limit) =>
        readHistory(jsm, accountId, afterSequence, limit),
      lastSequence: async () => (await jsm.streams.info(STREAM)).state.last_seq,
      replay: (afterSequence, untilSequence) => replayStream(jsm, afterSequence, untilSequence),
    },
    snapshots: kvSnapshotStore(kv),
  };
}
