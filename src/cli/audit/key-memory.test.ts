import { expect, test } from 'vitest';
import type { AccountEvent } from '../../account/events.ts';
import { applyRecorded, REMEMBERED_COMMANDS, shortHash } from '../../account/record.ts';
import type { AccountRecord } from '../../account/record.ts';
import { historyOf } from '../../../test/support/account-events.ts';
import { digestOfCommands, keyMemory } from './key-memory.ts';

const ID = '3f0c54d6-1111-4111-8111-0f3b6a3a0a01';
const LONG = REMEMBERED_COMMANDS + 20;

test.each([
  ['none is keyed', () => false],
  ['the opening is keyed', (version: number) => version === 1],
  ['all but the opening are keyed', (version: number) => version > 1],
  ['all are keyed', () => true],
  ['every other one is keyed', (version: number) => version % 2 === 0],
])('it remembers what the account’s record does where %s', (_, isKeyed) => {
  const memory = keyMemory();
  let record: AccountRecord | undefined;
  for (const event of keyedHistory(isKeyed)) {
    const recorded = { event, sequence: event.version * 10 };
    memory.add(recorded);
    record = applyRecorded(record, recorded);
    expect(memory.digest()).toBe(digestOfCommands(record.commands));
  }
});

test('a key is known until so many newer ones have come, that of the opening for ever', () => {
  const memory = keyMemory();
  for (const event of keyedHistory(() => true)) memory.add({ event, sequence: event.version });
  const find = (version: number) => memory.find(shortHash(`key-${version}`));
  expect(find(1)).toBe('older');
  expect(find(LONG)).toBe('newest');
  expect(find(LONG - REMEMBERED_COMMANDS + 1)).toBe('older');
  expect(find(LONG - REMEMBERED_COMMANDS)).toBeUndefined();
});

test('every part of a command counts', () => {
  const [event] = keyedHistory(() => true);
  const digestOf = (more: object, sequence = 1) => {
    const memory = keyMemory();
    memory.add({ event: { ...event, ...more } as AccountEvent, sequence });
    return memory.digest();
  };
  const changed = [
    ...[digestOf({}), digestOf({}, 2), digestOf({ commandHash: 'other' })],
    ...[digestOf({ commandId: 'other' }), digestOf({ initialBalance: 1n })],
  ];
  expect(new Set(changed).size).toBe(changed.length);
});

const keyedHistory = (isKeyed: (version: number) => boolean): AccountEvent[] =>
  historyOf(ID, LONG).map((event) => {
    const { version } = event;
    const key = { commandId: `key-${version}`, commandHash: `hash-${version}` };
    return isKeyed(version) ? { ...event, ...key } : event;
  });
