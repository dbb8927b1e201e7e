import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { recordOf } from '../../test/support/account-events.ts';
import { deposit, keyed } from '../../test/support/command-requests.ts';
import { memorySnapshotStore } from '../../test/support/memory-snapshot-store.ts';
import { scriptedService } from '../../test/support/scripted-service.ts';
import type { ScriptedService } from '../../test/support/scripted-service.ts';

const deposits = async (bank: ScriptedService, accountId: string, count: number) => {
  for (let done = 0; done < count; done += 1) {
    const answer = await bank.execute(deposit(accountId, '1.00', keyed(`k-${done}`)));
    expect(answer.kind).toBe('done');
  }
  await bank.service.drain();
};
const versions = (bank: ScriptedService) =>
  bank.snapshots.saved.map(({ account }) => account.version);

describe('a snapshot is written', () => {
  test('of the versions 5, 10, 15 and no others, and is what the log says', async () => {
    const bank = scriptedService();
    const ada = await bank.opened('1.00');
    await deposits(bank, ada, 17);
    expect(versions(bank)).toEqual([5, 10, 15]);
    const events = await bank.eventsOf(ada);
    for (const snapshot of bank.snapshots.saved) {
      expect(snapshot).toEqual(recordOf(events.slice(0, snapshot.account.version)));
    }
  });

  test('of the last such version in a batch, not of the one the batch ends with', async () => {
    const bank = scriptedService();
    const ada = await bank.opened('1.00');
    const { promise, resolve }: PromiseWithResolvers<void> = Promise.withResolvers();
    bank.store.script(() => promise);
    const answers = Array.from({ length: 16 }, () => bank.execute(deposit(ada, '1.00')));
    resolve();
    await Promise.all(answers);
    await bank.service.drain();
    // One alone, then fifteen together: versions 2, and 3 to 17.
    expect(bank.store.tried.map(([write]) => write?.events.length)).toEqual([1, 1, 15]);
    expect(versions(bank)).toEqual([15]);
    expect(bank.snapshots.saved).toEqual([recordOf((await bank.eventsOf(ada)).slice(0, 15))]);
  });

  test('of what was stored though the answer got lost, and is what the log says', async () => {
    const bank = scriptedService();
    const ada = await bank.opened('1.00');
    await deposits(bank, ada, 3);
    bank.store.script('answer lost', 'answer lost');
    await Promise.all(Array.from({ length: 12 }, () => bank.execute(deposit(ada, '1.00'))));
    await bank.service.drain();
    // One alone, then eleven together: versions 5, and 6 to 16.
    expect(versions(bank)).toEqual([5, 15]);
    const events = await bank.eventsOf(ada);
    const states = [5, 15].map((version) => recordOf(events.slice(0, version)));
    expect(bank.snapshots.saved).toEqual(states);
  });

  test('not of what another process stored: that one writes its own', async () => {
    const bank = scriptedService();
    const other = scriptedService({ log: bank.log });
    const ada = await bank.opened('1.00');
    await deposits(bank, ada, 3);
    bank.store.script(() => other.execute(deposit(ada, '1.00')));
    expect(await bank.execute(deposit(ada, '1.00'))).toMatchObject({ account: { version: 6 } });
    await Promise.all([bank.service.drain(), other.service.drain()]);
    expect([versions(bank), versions(other)]).toEqual([[], [5]]);
  });

  test('only of what is in the log: an append that conflicts leaves none', async () => {
    const bank = scriptedService();
    const ada = await bank.opened('1.00');
    await deposits(bank, ada, 3);
    bank.store.script('unavailable');
    await bank.execute(deposit(ada, '1.00'));
    await bank.service.drain();
    expect(versions(bank)).toEqual([]);
  });
});

describe('a snapshot that cannot be written', () => {
  test('fails no command, and the observer is told', async () => {
    const failures: [string, string][] = [];
    const snapshots = {
      ...memorySnapshotStore(),
      save: () => Promise.reject(new Error('no bucket')),
    };
    const observer = {
      snapshotFailed: (id: string, error: unknown) => void failures.push([id, String(error)]),
    };
    const bank = scriptedService({ snapshots, observer });
    const ada = await bank.opened('1.00');
    await deposits(bank, ada, 9);
    expect(failures).toEqual([
      [ada, 'Error: no bucket'],
      [ada, 'Error: no bucket'],
    ]);
  });

  test('keeps nobody waiting for his answer', async () => {
    const { promise, resolve }: PromiseWithResolvers<void> = Promise.withResolvers();
    const bank = scriptedService({ snapshots: { ...memorySnapshotStore(), save: () => promise } });
    const ada = await bank.opened('1.00');
    for (let version = 2; version <= 12; version += 1) {
      expect(await bank.execute(deposit(ada, '1.00'))).toMatchObject({ account: { version } });
    }
    let drained = false;
    const draining = bank.service.drain().then(() => (drained = true));
    await turn();
    expect(drained).toBe(false);
    resolve();
    await draining;
  });
});

describe('a restart', () => {
  test('reads the snapshot and only what came after it', async () => {
    const bank = scriptedService();
    const ada = await bank.opened('1.00');
    await deposits(bank, ada, 6);
    const tails: number[] = [];
    const log = {
      ...bank.log,
      tail: (...range: Parameters<typeof bank.log.tail>) => {
        tails.push(range[1].version);
        return bank.log.tail(...range);
      },
    };
    const again = scriptedService({ log, snapshots: bank.snapshots });
    expect(await again.execute(deposit(ada, '1.00'))).toMatchObject({ account: { version: 8 } });
    expect(tails).toEqual([5]);
  });

  test('without any snapshot comes to the same answer', async () => {
    const bank = scriptedService();
    const ada = await bank.opened('1.00');
    await deposits(bank, ada, 11);
    const again = scriptedService({ log: bank.log });
    expect(await again.execute(deposit(ada, '1.00'))).toMatchObject({
      kind: 'done',
      account: { version: 13, balance: 1_300n },
    });
  });

  test('with a snapshot that the log does not bear out tells so and answers by the log', async () => {
    const bank = scriptedService();
    const ada = await bank.opened('1.00');
    await deposits(bank, ada, 6);
    const [snapshot] = bank.snapshots.saved;
    if (snapshot === undefined) throw new Error('no snapshot');
    await bank.snapshots.save({ ...snapshot, account: { ...snapshot.account, balance: 99_999n } });
    const ignored: string[] = [];
    const again = scriptedService({
      log: bank.log,
      snapshots: bank.snapshots,
      observer: { snapshotIgnored: (accountId) => void ignored.push(accountId) },
    });
    expect(await again.execute(deposit(ada, '1.00'))).toMatchObject({
      account: { version: 8, balance: 800n },
    });
    expect(ignored).toEqual([ada]);
  });
});
