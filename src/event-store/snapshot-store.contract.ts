import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { AccountRecord } from '../account/record.ts';
import { REMEMBERED_COMMANDS } from '../account/record.ts';
import type { SnapshotStore } from './event-store.ts';

const LARGEST_LONG = 9_223_372_036_854_775_807n;

/** What everything that calls itself a {@link SnapshotStore} does. */
export function snapshotStoreContract(open: () => Promise<SnapshotStore>): void {
  let snapshots: SnapshotStore;
  let ada: string;
  beforeEach(async () => {
    snapshots = await open();
    ada = randomUUID();
  });

  describe('a snapshot', () => {
    test('of an account that has none is none', async () => {
      await snapshots.save(snapshotOf(randomUUID()));
      expect(await snapshots.load(ada, 'any')).toEqual({ kind: 'none' });
    });

    test('is found as it was saved: text, money and remembered commands', async () => {
      const record = snapshotOf(ada, { balance: LARGEST_LONG, commands: REMEMBERED_COMMANDS });
      await snapshots.save(record);
      expect(await snapshots.load(ada, 'any')).toEqual({ kind: 'found', record });
    });

    test('takes the place of the one before', async () => {
      await snapshots.save(snapshotOf(ada, { version: 5 }));
      await snapshots.save(snapshotOf(ada, { version: 10 }));
      expect(await snapshots.load(ada, 'any')).toMatchObject({
        record: { account: { version: 10 } },
      });
    });

    test('leaves those of other accounts alone', async () => {
      const bob = randomUUID();
      await snapshots.save(snapshotOf(ada));
      await snapshots.save(snapshotOf(bob));
      for (const accountId of [ada, bob]) {
        const record = snapshotOf(accountId);
        expect(await snapshots.load(accountId, 'any')).toEqual({ kind: 'found', record });
      }
    });
  });
}

const HOLD = '6f1c1c52-4a34-4c0e-9f5a-0d2f4f3f8a11';
const OTHER_HOLD = '6f1c1c52-4a34-4c0e-9f5a-0d2f4f3f8a12';

/** A snapshot of the account; `commands` is how many keyed commands it remembers. */
export function snapshotOf(
  accountId: string,
  { version = 5, balance = 1_234n, commands = 2 } = {},
): AccountRecord {
  return {
    account: {
      accountId,
      ownerName: 'Žofie 山田',
      currency: 'USD',
      ...{ balance, held: 30n, overdraftLimit: 50n, status: 'frozen', version },
      holds: [
        { holdId: HOLD, amount: 10n, expiresAt: 1_795_000_000_000, reference: 'Hotel' },
        { holdId: OTHER_HOLD, amount: 20n, expiresAt: null, reference: null },
      ],
    },
    sequence: 4_294_967_296 + version,
    commands: Array.from({ length: commands }, (_, index) => ({
      keyHash: `key-${index}`,
      commandHash: `command-${index}`,
      version: index + 1,
      ...{ balance: balance - BigInt(index), held: 0n, overdraftLimit: 0n, status: 'open' },
      sequence: index + 1,
      rejection: null,
    })),
  };
}
