import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { KV } from '@nats-io/kv';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openedWith } from '../../src/account/events.ts';
import type { AccountRecord } from '../../src/account/record.ts';
import { SNAPSHOT_BUCKET, SNAPSHOT_STREAM } from '../../src/event-store/jetstream/names.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/event-store/snapshot-codec.ts';
import { eventually } from '../support/await.ts';
import { logged, startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed } from '../support/http.ts';
import { expectSound } from '../support/ledger.ts';
import { metric } from '../support/metrics.ts';

let bank: Bank;
let service: BankService;
let bucket: KV;

beforeAll(async () => {
  bank = await startBank();
  service = await bank.startCommand();
  bucket = await new Kvm(jetstream(bank.nc)).open(SNAPSHOT_BUCKET, { bindOnly: true });
});
afterAll(async () => {
  expectSound(await bank.ledger());
  await bank.stop();
});

/** An account after this many events, the last one under the key "last". */
async function accountWith(events: number): Promise<string> {
  const { accountId } = (await service.create('100.00')).account;
  for (let version = 2; version < events; version += 1) await service.deposit(accountId, '1.00');
  await service.withdraw(accountId, '0.50', keyed('last'));
  return accountId;
}

async function snapshotOf(accountId: string): Promise<AccountRecord | undefined> {
  const entry = await bucket.get(accountId);
  return entry?.operation === 'PUT' ? decodeSnapshot(entry.value) : undefined;
}

async function untilSnapshot(accountId: string, version: number): Promise<AccountRecord> {
  return eventually(async () => {
    const snapshot = await snapshotOf(accountId);
    if (snapshot?.account.version === version) return snapshot;
    throw new Error(`the snapshot has version ${String(snapshot?.account.version)}`);
  });
}

/** A process that has nothing in its cache. */
async function restart(): Promise<void> {
  await service.process.stop();
  service = await bank.startCommand();
}

test('the fifth event leaves a snapshot of version 5, the tenth one of version 10', async () => {
  const accountId = await accountWith(4);
  expect(await snapshotOf(accountId)).toBeUndefined();
  const fifth = await service.deposit(accountId, '1.00', keyed('fifth'));
  const first = await untilSnapshot(accountId, 5);
  expect(first.account).toEqual({
    accountId,
    ownerName: 'Ada Lovelace',
    currency: 'USD',
    ...openedWith(10_250n),
    version: 5,
    holds: [],
  });
  expect(first.sequence).toBe(fifth.account.sequence);
  expect(first.commands.map(({ version }) => version)).toEqual([4, 5]);

  for (let version = 6; version <= 9; version += 1) await service.deposit(accountId, '1.00');
  expect((await snapshotOf(accountId))?.account.version).toBe(5);
  await service.deposit(accountId, '1.00');
  expect((await untilSnapshot(accountId, 10)).account.balance).toBe(10_750n);
  expect((await bank.ledger()).accounts.get(accountId)).toEqual(await snapshotOf(accountId));
});

test('a tampered snapshot is ignored and told in the log', async () => {
  const torn = await accountWith(5);
  const altered = await accountWith(5);
  const forgedAtHead = await accountWith(5);
  const forgedBelowHead = await accountWith(7);
  const ofAnother = await accountWith(5);
  const ahead = await accountWith(5);
  const accounts = [torn, altered, forgedAtHead, forgedBelowHead, ofAnother, ahead];
  const snapshots = await Promise.all(accounts.map((accountId) => untilSnapshot(accountId, 5)));
  const forged = (record: AccountRecord, change: Partial<AccountRecord['account']>) =>
    encodeSnapshot({ ...record, account: { ...record.account, ...change } });

  const bytes = encodeSnapshot(snapshots[0]!);
  for (let index = bytes.length - 8; index < bytes.length; index += 1) bytes[index]! ^= 0x55;
  await bucket.put(torn, bytes);
  // Still a snapshot that can be read, of another owner.
  const renamed = encodeSnapshot(snapshots[1]!);
  renamed.write('Eve', renamed.indexOf('Ada'));
  await bucket.put(altered, renamed);
  // The checksums of these are right.
  await bucket.put(forgedAtHead, forged(snapshots[2]!, { balance: 1_000_000n }));
  await bucket.put(forgedBelowHead, forged(snapshots[3]!, { balance: 1_000_000n }));
  await bucket.put(ofAnother, encodeSnapshot(snapshots[0]!));
  const tooFar = { ...snapshots[5]!, sequence: snapshots[5]!.sequence + 1_000 };
  await bucket.put(ahead, forged(tooFar, { version: 9, balance: 1_000_000n }));

  await restart();
  for (const accountId of accounts) {
    const before = (await bank.ledger()).accounts.get(accountId)!.account;
    const refused = await service.withdraw(accountId, '9000.00');
    expect(refused.problem.code).toBe('insufficient_funds');
    const { balance, version, ownerName } = (await service.deposit(accountId, '0.01')).account;
    expect(BigInt(balance.replace('.', ''))).toBe(before.balance + 1n);
    expect(version).toBe(before.version + 1);
    expect(ownerName).toBe('Ada Lovelace');
    // The keyed command is known from the log too.
    const replayed = await service.withdraw(accountId, '0.50', keyed('last'));
    expect(replayed.headers.get('idempotent-replayed')).toBe('true');
  }
  expect(await metric(service.url, 'jetbank_snapshots_total', { result: 'ignored' })).toBe(
    accounts.length,
  );
  // The log tells one for all that come within a few seconds.
  await eventually(() => logged(service.process, 'snapshot ignored').length > 0);
});

test('deleting the bucket loses nothing, while the service runs and after a restart', async () => {
  const accountId = await accountWith(7);
  await untilSnapshot(accountId, 5);
  const jsm = await jetstreamManager(bank.nc);
  await jsm.streams.delete(SNAPSHOT_STREAM);

  const balanceAt10 = async () => {
    for (let version = 8; version < 10; version += 1) await service.deposit(accountId, '1.00');
    return (await service.deposit(accountId, '1.00')).account;
  };
  expect(await balanceAt10()).toMatchObject({ balance: '107.50', version: 10 });
  await eventually(() => logged(service.process, 'snapshot not written').length > 0);
  // An account that is not in the cache, without a bucket to look into.
  const other = await accountWith(5);

  await restart();
  expect((await service.deposit(accountId, '1.00')).account).toMatchObject({
    balance: '108.50',
    version: 11,
  });
  expect((await service.withdraw(other, '0.50', keyed('last'))).account.version).toBe(5);
  for (let version = 12; version <= 15; version += 1) await service.deposit(accountId, '1.00');
  await untilSnapshot(accountId, 15);
});
