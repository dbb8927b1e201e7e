import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from 'nats';
import type { EventReader, EventStore, SnapshotReader, SnapshotStore } from '../event-store.ts';
import type { HoldTimers } from '../hold-timers.ts';
import { eventsIn } from '../log-entry.ts';
import { createAppend } from './append.ts';
import { eventLoopTurn } from './event-loop-turn.ts';
import { SNAPSHOT_BUCKET, STREAM } from './names.ts';
import { readEvent, readHead, readHistory, readNextOfShard, readTail } from './read.ts';
import { readRecent } from './read-recent.ts';
import { readEntries } from './replay.ts';
import { createRequester } from './requester.ts';
import {
  kvSnapshotReader,
  kvSnapshotStore,
  putWithAppends,
  snapshotRevisions,
} from './snapshots.ts';
import type { SnapshotBucket, SnapshotRevisions } from './snapshots.ts';
import { jetStreamTimers } from './timers.ts';

export interface JetStreamStores {
  readonly events: EventStore;
  readonly snapshots: SnapshotStore;
  readonly timers: HoldTimers;
}

export interface JetStreamOptions {
  /** How long an append or a read waits for its answer, in milliseconds. */
  readonly timeoutMs: number;
  /** First tokens of the inbox for answers, where the user may not listen on others; default `_INBOX`. */
  readonly inboxPrefix?: string;
}

/** The stores of events, snapshots and timers on a NATS connection. The streams must exist: see `stream-config.ts`. */
export async function jetStreamStores(
  nc: NatsConnection,
  options: JetStreamOptions,
): Promise<JetStreamStores> {
  const { timeoutMs } = options;
  const requester = createRequester(nc, options);
  const turn = eventLoopTurn();
  // checkAPI would ask for account info, which a least-privilege user may not.
  const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: timeoutMs });
  const js = jetstream(nc, { timeout: timeoutMs });
  return {
    events: { ...jetStreamReader(jsm), append: createAppend(nc, requester, turn) },
    snapshots: kvSnapshotStore(await openBuckets(js), putWithAppends(requester, turn)),
    timers: jetStreamTimers(js),
  };
}

/** The log alone, and only to read: needs nothing but the stream. */
export function jetStreamReader(jsm: JetStreamManager): EventReader {
  return {
    event: (sequence) => readEvent(jsm, sequence),
    head: (accountId, consistency) => readHead(jsm, accountId, consistency),
    tail: (head, after, consistency) => readTail(jsm, head, after, consistency),
    history: (accountId, afterSequence, limit) => readHistory(jsm, accountId, afterSequence, limit),
    recent: (accountId) => readRecent(jsm, accountId),
    lastSequence: async () => (await jsm.streams.info(STREAM)).state.last_seq,
    replay: (afterSequence, untilSequence) =>
      eventsIn(readEntries(jsm, afterSequence, untilSequence)),
    entries: (afterSequence, untilSequence) => readEntries(jsm, afterSequence, untilSequence),
    nextOfShard: (shard, afterSequence) => readNextOfShard(jsm, shard, afterSequence),
  };
}

/** The snapshots alone, and only to read. */
export const jetStreamSnapshots = async (js: JetStreamClient): Promise<SnapshotReader> =>
  kvSnapshotReader(await openBuckets(js));

async function openBuckets(js: JetStreamClient): Promise<SnapshotBucket> {
  const [any, leader] = await Promise.all([openBucket(js, true), openBucket(js, false)]);
  return { any, leader };
}

/** The snapshots for who replaces them beside the services. */
export const jetStreamSnapshotRevisions = async (js: JetStreamClient): Promise<SnapshotRevisions> =>
  snapshotRevisions(await openBucket(js, false));

/** Read from any replica, or from the leader. */
const openBucket = (js: JetStreamClient, direct: boolean) =>
  new Kvm(js).open(SNAPSHOT_BUCKET, { bindOnly: true, allow_direct: direct });
