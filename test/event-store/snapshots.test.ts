import { randomUUID } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { KV } from '@nats-io/kv';
import { connect } from 'nats';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codec } from '../../src/event-store/codec.ts';
import { encodeEvent } from '../../src/event-store/event-codec.ts';
import type { SnapshotStore } from '../../src/event-store/event-store.ts';
import { SNAPSHOT_BUCKET, SNAPSHOT_STREAM } from '../../src/event-store/jetstream/names.ts';
import { encodeSnapshot } from '../../src/event-store/snapshot-codec.ts';
import {
  snapshotOf,
  snapshotStoreContract,
} from '../../src/event-store/snapshot-store.contract.ts';
import { opening } from '../support/account-events.ts';
import { freshStreams, storesOn } from '../support/jetstream-stores.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';

/** Marker and fingerprint of the single-object encoding, then the snapshot's checksum. */
const FINGERPRINT_START = 2;
const CHECKSUM_START = 10;

let nats: TestNats;
let nc: NatsConnection;
let bucket: KV;
let snapshots: SnapshotStore;
let ada: string;

beforeAll(async () => {
  nats = await startTestNats();
  nc = await connect({ servers: nats.url });
});
afterAll(async () => {
  await nc.close();
  await nats.remove();
});
beforeEach(async () => {
  await freshStreams(nc);
  ({ snapshots } = await storesOn(nc));
  bucket = await new Kvm(nc).open(SNAPSHOT_BUCKET);
  ada = randomUUID();
});

describe('the snapshot store on a KV bucket', () => {
  snapshotStoreContract(() => Promise.resolve(snapshots));
});

describe('a snapshot in the bucket', () => {
  test('stands under the account id, in the bucket the nats CLI shows', async () => {
    await snapshots.save(snapshotOf(ada));
    const entry = await bucket.get(ada);
    expect(entry?.value).toEqual(new Uint8Array(encodeSnapshot(snapshotOf(ada))));
  });

  test('leaves one message behind, however often it is written', async () => {
    for (const version of [5, 10, 15]) await snapshots.save(snapshotOf(ada, { version }));
    const { state } = await (await jetstreamManager(nc)).streams.info(SNAPSHOT_STREAM);
    expect(state.messages).toBe(1);
  });

  test('that was deleted is none', async () => {
    await snapshots.save(snapshotOf(ada));
    await bucket.delete(ada);
    expect(await snapshots.load(ada, 'any')).toEqual({ kind: 'none' });
    await snapshots.save(snapshotOf(ada));
    expect(await snapshots.load(ada, 'any')).toMatchObject({ kind: 'found' });
  });

  const altered = (position: number) => {
    const payload = encodeSnapshot(snapshotOf(ada));
    payload.writeUInt8(payload.readUInt8(position) ^ 1, position);
    return payload;
  };
  test.each<[string, () => Uint8Array]>([
    ['empty', () => new Uint8Array()],
    ['garbage', () => Buffer.from('not a snapshot at all')],
    ['JSON', () => Buffer.from(JSON.stringify({ accountId: ada, balance: 1 }))],
    ['of a schema nobody knows', () => altered(FINGERPRINT_START)],
    ['altered in its checksum', () => altered(CHECKSUM_START)],
    ['altered in its last byte', () => altered(encodeSnapshot(snapshotOf(ada)).length - 1)],
    ['torn', () => encodeSnapshot(snapshotOf(ada)).subarray(0, -1)],
    ['an event', () => encodeEvent(opening(ada))],
    ['of another account', () => encodeSnapshot(snapshotOf(randomUUID()))],
  ])('that is %s is unusable, and the next save mends it', async (_, payload) => {
    await bucket.put(ada, payload());
    expect(await snapshots.load(ada, 'any')).toEqual({
      kind: 'unusable',
      reason: expect.stringMatching(/./) as unknown,
      outdated: false,
    });
    await snapshots.save(snapshotOf(ada));
    expect(await snapshots.load(ada, 'any')).toMatchObject({ kind: 'found' });
  });

  test('decodes by itself, with nothing but the payload', async () => {
    await snapshots.save(snapshotOf(ada));
    const { writer, record } = codec.decode((await bucket.get(ada))?.value ?? new Uint8Array());
    expect(writer.name).toBe('AccountSnapshot');
    expect(record).toMatchObject({ accountId: ada, balance: 1_234n, version: 5 });
  });
});

describe('without its bucket', () => {
  beforeEach(async () => {
    await snapshots.save(snapshotOf(ada));
    await (await jetstreamManager(nc)).streams.delete(SNAPSHOT_STREAM);
  });

  test('a load is unusable and does not throw', async () => {
    expect(await snapshots.load(ada, 'any')).toMatchObject({ kind: 'unusable' });
  });
  test('a save throws and says what to do', async () => {
    await expect(snapshots.save(snapshotOf(ada))).rejects.toThrow(
      /bucket ACCOUNT_SNAPSHOTS is missing .*"jetbank streams apply"/,
    );
  });
  test('the stores can be had all the same', async () => {
    const again = await storesOn(nc);
    expect(await again.snapshots.load(ada, 'any')).toMatchObject({ kind: 'unusable' });
  });
  test('both work again once it is back', async () => {
    await freshStreams(nc);
    expect(await snapshots.load(ada, 'any')).toEqual({ kind: 'none' });
    await snapshots.save(snapshotOf(ada));
    expect(await snapshots.load(ada, 'any')).toMatchObject({ kind: 'found' });
  });
});
