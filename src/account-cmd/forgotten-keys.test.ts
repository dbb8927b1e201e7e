import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  ask,
  create,
  deposit,
  keyed,
  leg,
  requestOf,
  withdraw,
} from '../../test/support/command-requests.ts';
import { deduplicatingEventStore } from '../../test/support/deduplicating-event-store.ts';
import { scriptedService } from '../../test/support/scripted-service.ts';
import type { ScriptedService } from '../../test/support/scripted-service.ts';
import { workerContext } from '../../test/support/worker-context.ts';
import { REMEMBERED_COMMANDS } from '../account/record.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { memoryEventStore } from '../event-store/memory-event-store.ts';
import { workOnAccounts } from './account-worker.ts';
import type { CommandAnswer, CommandRequest } from './command.ts';

const ADA = '6f1c1c52-4a34-4c0e-9f5a-0d2f4f3f8a10';
const OPENING = create(ADA, '10.00', keyed('opening'));
const FORGOTTEN = withdraw(ADA, '4.00', keyed('forgotten'));
const REFUSED = withdraw(ADA, '99.00', keyed('refused'));

describe.each(['before the expectation', 'after the expectation'] as const)(
  'keys the account no longer remembers, on a log that compares message ids %s,',
  (compared) => {
    let bank: ScriptedService;
    let first: CommandAnswer;
    let refusal: CommandAnswer;
    let opened: CommandAnswer;
    beforeEach(async () => {
      bank = scriptedService({ log: deduplicatingEventStore(memoryEventStore(), compared) });
      opened = await bank.execute(OPENING);
      first = await bank.execute(FORGOTTEN);
      refusal = await bank.execute(REFUSED);
      for (let more = 0; more < REMEMBERED_COMMANDS; more += 1) {
        await bank.execute(deposit(ADA, '1.00', keyed(`k-${more}`)));
      }
    });

    const events = async () => (await bank.eventsOf(ADA)).length;
    const replayOf = (answer: CommandAnswer) => ({ ...answer, replayed: true });
    /** At the same time, so that all but the first share an append. */
    const together = (...requests: readonly CommandRequest[]) =>
      Promise.all([deposit(ADA, '1.00'), ...requests].map((request) => bank.execute(request)));

    test('are answered as the first time, and nothing is written', async () => {
      const before = await events();
      expect(await bank.execute(FORGOTTEN)).toEqual(replayOf(first));
      expect(await bank.execute(REFUSED)).toEqual(replayOf(refusal));
      expect(await bank.execute(OPENING)).toEqual(replayOf(opened));
      expect(await events()).toBe(before);
    });

    test('with another body are refused', async () => {
      const before = await events();
      const reused = withdraw(ADA, '5.00', keyed('forgotten', 'another-body'));
      expect(await bank.execute(reused)).toEqual({ kind: 'key_reused' });
      expect(await events()).toBe(before);
    });

    test('in the middle of a batch keep none of the others from being done, in order', async () => {
      const before = await events();
      const [, ...answers] = await together(
        ...['1.00', '2.00', '3.00'].map((amount) => deposit(ADA, amount)),
        FORGOTTEN,
        ...['4.00', '5.00'].map((amount) => deposit(ADA, amount)),
        REFUSED,
        OPENING,
      );
      expect(answers.map(({ kind }) => kind)).toEqual([
        ...['done', 'done', 'done', 'done', 'done', 'done'],
        ...['refused', 'done'],
      ]);
      expect(answers[3]).toEqual(replayOf(first));
      expect(answers[6]).toEqual(replayOf(refusal));
      const versions = [0, 1, 2, 4, 5].map((index) => {
        const answer = answers[index];
        return answer?.kind === 'done' ? answer.account.version : undefined;
      });
      expect(versions).toEqual([2, 3, 4, 5, 6].map((more) => before + more));
      expect(await events()).toBe(before + 6);
    });

    test('after a lost answer are found all the same', async () => {
      const request = deposit(ADA, '1.00', keyed('new'));
      bank.store.script('answer lost');
      const answer = await bank.execute(request);
      expect(answer).toMatchObject({ kind: 'done', replayed: false });
      expect(await bank.execute(request)).toEqual(replayOf(answer));
    });

    test('and that this process itself sent before are no replay', async () => {
      bank.store.script('late');
      const request = deposit(ADA, '1.00', keyed('new'));
      expect(await bank.execute(request)).toMatchObject({ kind: 'done', replayed: false });
      expect(await bank.execute(request)).toMatchObject({ kind: 'done', replayed: true });
    });

    test('are not answered with a fault while the log cannot be read', async () => {
      let failures = 1;
      const log = {
        ...bank.log,
        event: (sequence: number) => {
          failures -= 1;
          if (failures >= 0) return Promise.reject(new Error('no answer in time'));
          return bank.log.event(sequence);
        },
      };
      const again = scriptedService({ log, snapshots: bank.snapshots });
      expect(await again.execute(FORGOTTEN)).toEqual(replayOf(first));
    });

    test('among more events than can be searched in time are unknown, not refused', async () => {
      let searched = 0;
      const log: EventStore = {
        ...bank.log,
        append: () => Promise.resolve({ kind: 'duplicate' }),
        async *recent(accountId) {
          for (; searched < 100_000; searched += 1) {
            const head = await bank.log.head(accountId, 'leader');
            if (head !== undefined) yield head;
          }
        },
      };
      // Its clock goes on by 100 ms whenever it is asked.
      const asked = ask(FORGOTTEN, 500);
      await workOnAccounts(workerContext(log), [asked.pending]);
      expect(asked.answers).toMatchObject([{ kind: 'unknown' }]);
      expect(searched).toBeLessThan(10_000);
    });

    test('of a command of several events, between whose times a stretch of the search begins, too', async () => {
      const bob = await bank.opened('10.00');
      const legs = [leg(ADA, bob, '1.00'), leg(ADA, bob, '2.00')] as const;
      const command = { type: 'Transfer', transferId: randomUUID(), legs } as const;
      const request = requestOf(ADA, command, keyed('salaries'));
      const transferred = await bank.execute(request);
      const [last, ...before] = (await bank.eventsOf(ADA)).reverse();
      const own = before.findIndex(({ event }) => event.commandId === 'salaries');
      for (let more = 0; more < REMEMBERED_COMMANDS; more += 1) {
        await bank.execute(deposit(ADA, '1.00', keyed(`k2-${more}`)));
      }
      const log: EventStore = {
        ...bank.log,
        async *recent() {
          yield await Promise.resolve(last!);
          yield before[own]!;
        },
      };
      const again = scriptedService({ log, snapshots: bank.snapshots });
      const { account, sequence } = transferred as Extract<CommandAnswer, { kind: 'done' }>;
      expect(await again.execute(request)).toMatchObject({ account, sequence, replayed: true });
    });
  },
);
