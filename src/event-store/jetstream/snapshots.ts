import { JetStreamApiError } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { AccountRecord } from '../../account/record.ts';
import type { Consistency, SnapshotReader, SnapshotStore } from '../event-store.ts';
import { decodeSnapshot, encodeSnapshot, OutdatedSnapshotError } from '../snapshot-codec.ts';
import type { EventLoopTurn } from './event-loop-turn.ts';
import { SNAPSHOT_BUCKET } from './names.ts';
import { isWrongLastSequence, outcomeOf } from './publish-outcome.ts';
import type { Requester } from './requester.ts';

/** The bucket twice: read from any replica, and from its leader. */
export type SnapshotBucket = Readonly<Record<Consistency, KV>>;

const NO_BUCKET = `the bucket ${SNAPSHOT_BUCKET} is missing or has no leader; "jetbank streams apply" makes it`;

/** Stores a value under a key of the bucket. @throws when it was not stored. */
export type Put = (key: string, value: Uint8Array) => Promise<void>;

/** Snapshots in a KV bucket: the key is the account id, the value the newest snapshot. */
export const kvSnapshotStore = (bucket: SnapshotBucket, put: Put): SnapshotStore => ({
  ...kvSnapshotReader(bucket),
  save: (record) => put(record.account.accountId, encodeSnapshot(record)),
});

export function kvSnapshotReader(bucket: SnapshotBucket): SnapshotReader {
  return {
    async load(accountId, consistency) {
      try {
        const entry = await bucket[consistency].get(accountId);
        if (entry?.operation !== 'PUT') return { kind: 'none' };
        return usable(accountId, decodeSnapshot(entry.value));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { kind: 'unusable', reason, outdated: error instanceof OutdatedSnapshotError };
      }
    },
  };
}

/** Snapshots for who must not write over what a service writes at the same time. */
export interface SnapshotRevisions {
  /** The revision of what stands there, by the leader's word; 0 for nothing. */
  current(accountId: string): Promise<number>;
  /** False when something else has come since the revision. @throws when nothing can be written. */
  replace(record: AccountRecord, revision: number): Promise<boolean>;
}

/** `bucket` reads from its leader. */
export function snapshotRevisions(bucket: KV): SnapshotRevisions {
  return {
    async current(accountId) {
      return (await bucket.get(accountId))?.revision ?? 0;
    },
    async replace(record, revision) {
      const { accountId } = record.account;
      try {
        if (revision === 0) await bucket.create(accountId, encodeSnapshot(record));
        else await bucket.update(accountId, encodeSnapshot(record), revision);
        return true;
      } catch (error) {
        if (error instanceof JetStreamApiError && isWrongLastSequence(error.code)) return false;
        throw error;
      }
    },
  };
}

function usable(
  accountId: string,
  record: AccountRecord,
): Awaited<ReturnType<SnapshotReader['load']>> {
  if (record.account.accountId === accountId) return { kind: 'found', record };
  const reason = `it is of account ${record.account.accountId}`;
  return { kind: 'unusable', reason, outdated: false };
}

/**
 * Puts into the bucket as the KV client does, by a publish on the key's subject, but in one write with
 * the appends of the same turn of the event loop, and at the price of one of them.
 */
export function putWithAppends(requester: Requester, turn: EventLoopTurn): Put {
  return async (key, value) => {
    await turn.end();
    const reply = await requester.request(`$KV.${SNAPSHOT_BUCKET}.${key}`, value);
    if (reply.kind === 'no_responders') throw new Error(NO_BUCKET);
    const outcome = outcomeOf(reply);
    if (outcome.kind === 'stored') return;
    throw new Error('reason' in outcome ? outcome.reason : `JetStream answered ${outcome.kind}`);
  };
}
