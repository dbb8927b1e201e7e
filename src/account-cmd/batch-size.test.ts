import { expect, test } from 'vitest';
import { ask, deposit } from '../../test/support/command-requests.ts';
import { scriptedWorker } from '../../test/support/scripted-worker.ts';
import { MAX_APPEND_BYTES, messageSizeBound } from '../event-store/append-size.ts';

/** Far beyond what HTTP lets through: the limit must hold without that. */
const LONG_ID = MAX_APPEND_BYTES / 8;

/** A command whose event takes this many bytes for its id alone, twice. */
const large = (accountId: string, name: string, bytes = LONG_ID) =>
  ask(deposit(accountId, '1.00', { commandId: name.padEnd(bytes, '.') }));

test('commands that are too large for one append together go into several, in order', async () => {
  const worker = await scriptedWorker();
  const { accountId } = worker;
  const asked = Array.from('abcdefghi', (name) => large(accountId, name));
  await worker.work(...asked);
  const appends = worker.store.tried.slice(1).map(([write]) => write?.events ?? []);
  expect(appends.map((events) => events.length)).toEqual([3, 3, 3]);
  for (const events of appends) {
    const bytes = events.reduce((sum, pending) => sum + messageSizeBound(pending), 0);
    expect(bytes).toBeLessThanOrEqual(MAX_APPEND_BYTES);
  }
  expect(asked.map(({ answers }) => answers)).toMatchObject(
    asked.map((_, index) => [{ kind: 'done', account: { version: index + 2 } }]),
  );
});

test('a command that is too large alone goes alone, and the log has the last word', async () => {
  const worker = await scriptedWorker();
  const { accountId } = worker;
  const asked = [
    large(accountId, 'a'),
    large(accountId, 'b', MAX_APPEND_BYTES),
    large(accountId, 'c'),
  ];
  await worker.work(...asked);
  expect(worker.store.tried.slice(1).map(([write]) => write?.events.length)).toEqual([1, 1, 1]);
  expect(asked.map(({ answers }) => answers)).toMatchObject(asked.map(() => [{ kind: 'done' }]));
});
