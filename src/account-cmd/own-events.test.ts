import { expect, test } from 'vitest';
import { decimal, keyed, requestOf, transfer } from '../../test/support/command-requests.ts';
import { scriptedService } from '../../test/support/scripted-service.ts';
import type { EventStore } from '../event-store/event-store.ts';
import { memoryEventStore } from '../event-store/memory-event-store.ts';
import type { CommandRequest } from './command.ts';

const HOLD = 'b91e3841-974c-5828-9951-13c13f788ec1';
const TRANSFER = '46aa9a0c-c073-5677-a3cf-dac96a9af2b3';

const away = (): never => {
  throw new Error('no answer in time');
};
const unreadable: Partial<EventStore> = { event: away, entries: away };
const withoutThem: Partial<EventStore> = { event: () => Promise.resolve(undefined) };

const commands = {
  transfer: (from: string, to: string) =>
    transfer(from, to, '1.00', { ...keyed('k'), transferId: TRANSFER }),
  hold: (accountId: string) =>
    requestOf(accountId, { type: 'PlaceHold', holdId: HOLD, amount: decimal('1.00') }, keyed('k')),
} satisfies Record<string, (from: string, to: string) => CommandRequest>;

test.each([
  ['transfer', 'of which the log cannot be read', unreadable],
  ['hold', 'of which the log cannot be read', unreadable],
  ['hold', 'of which the log has no event for now', withoutThem],
] as const)('the repeat of a %s %s is told unknown, and counted so', async (type, _, broken) => {
  const log = memoryEventStore();
  const bank = scriptedService({ log });
  const [ada, bob] = [await bank.opened('10.00'), await bank.opened('10.00')];
  const request = commands[type](ada, bob);
  expect(await bank.execute(request)).toMatchObject({ kind: 'done' });
  const counted: string[] = [];
  const again = scriptedService({
    log: { ...log, ...broken },
    observer: { answered: (_, { kind }) => counted.push(kind) },
  });
  expect(await again.execute(request)).toMatchObject({ kind: 'unknown' });
  expect(counted).toEqual(['unknown']);
  expect(await bank.execute(request)).toMatchObject({ kind: 'done', replayed: true });
});
