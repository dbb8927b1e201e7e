import { expect, test } from 'vitest';
import { ask, deposit } from '../../test/support/command-requests.ts';
import { scriptedWorker } from '../../test/support/scripted-worker.ts';
import type { ScriptedWorker } from '../../test/support/scripted-worker.ts';
import { UndecodablePayloadError } from '../event-store/avro/single-object.ts';
import { silentObserver } from './observer.ts';

/** A worker that finds an event of a newer release on the account as soon as it asks the leader. */
async function overtakenWorker(): Promise<ScriptedWorker & { readonly told: string[] }> {
  const told: string[] = [];
  const undecodable = (accountId: string) => void told.push(accountId);
  const worker = await scriptedWorker({ observer: { ...silentObserver, undecodable } });
  const readable = { ...worker.store };
  worker.store.head = (accountId, consistency) =>
    consistency === 'leader'
      ? Promise.reject(new UndecodablePayloadError('no schema has the fingerprint ff'))
      : readable.head(accountId, consistency);
  return { ...worker, told };
}

test('a command that meets an event of a newer release is refused at once, and nothing is written', async () => {
  const { store, work, accountId, told, logged } = await overtakenWorker();
  store.script('conflict');
  const asked = [ask(deposit(accountId, '1.00')), ask(deposit(accountId, '2.00'))];
  await work(...asked);
  const detail =
    'the account has an event that this release cannot read: no schema has the fingerprint ff';
  for (const { answers } of asked) expect(answers).toEqual([{ kind: 'unavailable', detail }]);
  expect(told).toEqual([accountId]);
  expect(store.tried).toHaveLength(2);
  expect(await logged()).toHaveLength(1);
});

test('a command whose append got no answer stays unknown: it may be in the log', async () => {
  const { store, work, accountId } = await overtakenWorker();
  store.script('answer lost');
  const asked = ask(deposit(accountId, '1.00'));
  await work(asked);
  expect(asked.answers).toMatchObject([{ kind: 'unknown' }]);
});
