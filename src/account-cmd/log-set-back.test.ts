import { describe, expect, test } from 'vitest';
import { writeOf } from '../../test/support/account-events.ts';
import { deposit, withdraw } from '../../test/support/command-requests.ts';
import { scriptedService } from '../../test/support/scripted-service.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { memoryEventStore } from '../event-store/memory-event-store.ts';

describe('a log that was set back under a running service', () => {
  /** The log as it was, and as it is after a restore; `restore` puts the second in its place. */
  function restorable() {
    const [lost, restored] = [memoryEventStore(), memoryEventStore()];
    let log = lost;
    const now = Object.fromEntries(
      Object.keys(lost).map((name) => [
        name,
        (...args: never[]) =>
          (log[name as keyof EventStore] as (...a: never[]) => unknown)(...args),
      ]),
    ) as unknown as EventStore;
    const told: string[] = [];
    const observer = { logSetBack: (accountId: string) => void told.push(accountId) };
    const service = scriptedService({ log: now, observer });
    return {
      ...{ service, told },
      backup: async () => {
        for await (const { event } of lost.replay(0)) {
          await restored.append([writeOf(event.accountId, 0, event)]);
        }
      },
      restore: () => void (log = restored),
    };
  }

  test('counts, not what was known of the account', async () => {
    const { service, told, backup, restore } = restorable();
    const eve = await service.opened('10.00');
    await backup();
    await service.execute(deposit(eve, '5.00'));
    restore();
    expect(await service.execute(deposit(eve, '1.00'))).toMatchObject({
      kind: 'done',
      account: { balance: 1100n, version: 2 },
    });
    expect(told).toEqual([eve]);
    expect(await service.execute(withdraw(eve, '12.00'))).toMatchObject({ kind: 'refused' });
  });

  test('and lacks the account: there is none', async () => {
    const { service, told, restore } = restorable();
    const eve = await service.opened('10.00');
    restore();
    expect(await service.execute(deposit(eve, '1.00'))).toMatchObject({
      kind: 'refused',
      error: { code: 'account_not_found' },
    });
    expect(told).toEqual([eve]);
  });
});
