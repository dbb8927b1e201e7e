import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { memoryEventStore } from '../event-store/memory-event-store.ts';
import { opening, writeOf } from '../../test/support/account-events.ts';
import { groupsOf } from './build.ts';
import type { CheckpointStore } from './checkpoint.ts';
import { projectionPosition } from './position.ts';
import type { ProjectedGroup } from './projector.ts';
import { untilVisible, visibleUpTo } from './visibility.ts';

const BUILD = { projection: 'accounts', number: 1, shape: 1, groups: 2 };
const LONG_MS = 10_000;
const SHORT_MS = 30;

/** Two groups whose checkpoints tell nothing: only their positions do. */
function twoGroups(): [ProjectedGroup, ProjectedGroup] {
  const checkpoints: CheckpointStore = {
    open: () => Promise.resolve({ sequence: 0, at: undefined }),
    read: () => Promise.resolve(undefined),
    move: () => Promise.resolve(true),
  };
  const [one, two] = groupsOf(BUILD).map((group) => {
    return { group, checkpoints, position: projectionPosition() };
  });
  return [one!, two!];
}

/** An account id that is the group's. */
function accountOf({ group }: ProjectedGroup): string {
  for (;;) {
    const id = randomUUID();
    if (group.has(id)) return id;
  }
}

async function logOf(...accountIds: string[]) {
  const events = memoryEventStore();
  for (const id of accountIds) await events.append([writeOf(id, 0, opening(id))]);
  return events;
}

test('a group whose last event stands before the sequence is waited for no longer than that', async () => {
  const [one, two] = twoGroups();
  const events = await logOf(accountOf(one), accountOf(one), accountOf(two));
  two.position.advance(3);
  // The first group has events on their way when the wait begins, and none behind them.
  const visible = untilVisible({ groups: [one, two] }, events, 3, LONG_MS);
  one.position.advance(1);
  one.position.advance(2);
  expect(await visible).toBe(true);
});

test('a group without an event is not waited for', async () => {
  const [one, two] = twoGroups();
  const events = await logOf(accountOf(two));
  two.position.advance(1);
  expect(await untilVisible({ groups: [one, two] }, events, 1, LONG_MS)).toBe(true);
});

test('a group with an event that is missing is waited for until the time is up', async () => {
  const [one, two] = twoGroups();
  const events = await logOf(accountOf(one), accountOf(two));
  two.position.advance(2);
  expect(await untilVisible({ groups: [one, two] }, events, 2, SHORT_MS)).toBe(false);
});

test('a sequence that the log does not have yet is not visible', async () => {
  const [one, two] = twoGroups();
  const events = await logOf(accountOf(one));
  one.position.advance(1);
  expect(await untilVisible({ groups: [one, two] }, events, 2, SHORT_MS)).toBe(false);
});

test('an account is waited for in its own group alone', async () => {
  const [one, two] = twoGroups();
  const [mine, other] = [accountOf(one), accountOf(two)];
  const events = await logOf(mine, other);
  one.position.advance(1);
  expect(await untilVisible({ groups: [one, two] }, events, 1, LONG_MS, mine)).toBe(true);
  expect(await untilVisible({ groups: [one, two] }, events, 2, SHORT_MS, other)).toBe(false);
});

test('all is visible up to the furthest group where the others have nothing before it', async () => {
  const [one, two] = twoGroups();
  const events = await logOf(accountOf(one), accountOf(two), accountOf(two), accountOf(one));
  expect(await visibleUpTo({ groups: [one, two] }, events)).toBe(0);
  two.position.advance(3);
  expect(await visibleUpTo({ groups: [one, two] }, events)).toBe(0);
  one.position.advance(1);
  expect(await visibleUpTo({ groups: [one, two] }, events)).toBe(3);
  one.position.advance(4);
  expect(await visibleUpTo({ groups: [one, two] }, events)).toBe(4);
});
