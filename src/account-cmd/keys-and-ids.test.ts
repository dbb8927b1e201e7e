import { beforeEach, describe, expect, test } from 'vitest';
import {
  ask,
  decimal,
  deposit,
  keyed,
  leg,
  requestOf,
  transfer,
  withdraw,
} from '../../test/support/command-requests.ts';
import { deduplicatingEventStore } from '../../test/support/deduplicating-event-store.ts';
import { scriptedService } from '../../test/support/scripted-service.ts';
import type { ScriptedService } from '../../test/support/scripted-service.ts';
import { workerContext } from '../../test/support/worker-context.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { memoryEventStore } from '../event-store/memory-event-store.ts';
import { workOnAccounts } from './account-worker.ts';
import type { CommandRequest } from './command.ts';

/** An id that the bank gives out, and that a client may choose as its key. */
const ID = '6f1c1c52-4a34-4c0e-9f5a-0d2f4f3f8a10';
const HOLD = 'b91e3841-974c-5828-9951-13c13f788ec1';
const DONE = { kind: 'done', replayed: false };

describe.each(['before the expectation', 'after the expectation'] as const)(
  'on a log that compares message ids %s',
  (compared) => {
    let bank: ScriptedService;
    let ada: string;
    let bob: string;
    beforeEach(async () => {
      bank = scriptedService({ log: deduplicatingEventStore(memoryEventStore(), compared) });
      [ada, bob] = [await bank.opened('10.00'), await bank.opened('10.00')];
    });

    test.each<[string, (accountId: string) => CommandRequest]>([
      ['withdrawal', (id) => withdraw(id, '5.00', keyed(ID))],
      ['freeze', (id) => requestOf(id, { type: 'FreezeAccount', reason: 'lost' }, keyed(ID))],
      [
        'hold',
        (id) =>
          requestOf(id, { type: 'PlaceHold', holdId: HOLD, amount: decimal('1.00') }, keyed(ID)),
      ],
      ['transfer back', (id) => transfer(id, ada, '2.00', { ...keyed(ID), transferId: HOLD })],
    ])('a %s under the id of a transfer that came in is done', async (_, request) => {
      await bank.execute(transfer(ada, bob, '1.00', { ...keyed('rent'), transferId: ID }));
      expect(await bank.execute(request(bob))).toMatchObject(DONE);
      expect(await bank.eventsOf(bob)).toHaveLength(3);
      expect(await bank.execute(request(bob))).toMatchObject({ kind: 'done', replayed: true });
    });

    test('a command under the id of one without a key is done', async () => {
      await bank.execute(deposit(ada, '1.00', { commandId: ID }));
      expect(await bank.execute(withdraw(ada, '1.00', keyed(ID)))).toMatchObject(DONE);
    });

    test.each([
      ['after', false],
      ['before', true],
    ])('a key with a number is another one %s a transfer of several legs', async (_, first) => {
      const legs = [leg(ada, bob, '1.00'), leg(ada, bob, '2.00')] as const;
      const command = { type: 'Transfer', transferId: ID, legs } as const;
      const requests = [
        requestOf(ada, command, keyed('payroll-42')),
        deposit(ada, '1.00', keyed('payroll-42:1')),
      ];
      if (first) requests.reverse();
      for (const request of requests) expect(await bank.execute(request)).toMatchObject(DONE);
    });
  },
);

test.each([
  ['alone', 4, 'conflict'],
  // The log does not say what it has: only that it is not found is known.
  ['in a batch', undefined, 'unknown'],
])('a repeat that the log tells of %s is no event of no key', async (_, sequence, kind) => {
  const memory = memoryEventStore();
  const before = scriptedService({ log: memory });
  const [ada, bob] = [await before.opened('10.00'), await before.opened('10.00')];
  const moved = await before.execute(transfer(ada, bob, '1.00', { transferId: ID }));
  expect(moved).toMatchObject({ sequence: 4 });
  const outcome = { kind: 'duplicate', ...(sequence !== undefined && { sequence }) } as const;
  const log: EventStore = { ...memory, append: () => Promise.resolve(outcome) };
  const asked = ask(withdraw(bob, '5.00', keyed(ID)), 500);
  await workOnAccounts(workerContext(log), [asked.pending]);
  expect(asked.answers).toMatchObject([{ kind }]);
});
