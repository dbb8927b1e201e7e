import { beforeEach, describe, expect, test } from 'vitest';
import { depositAfter, writeOf } from '../../test/support/account-events.ts';
import { ask, deposit, keyed, withdraw } from '../../test/support/command-requests.ts';
import type { AppendStep } from '../../test/support/scripted-event-store.ts';
import { scriptedWorker } from '../../test/support/scripted-worker.ts';
import type { ScriptedWorker } from '../../test/support/scripted-worker.ts';
import { workerContext } from '../../test/support/worker-context.ts';
import { IntegrityError } from '../account/errors.ts';
import type { AppendOutcome } from '../event-store/event-store.ts';
import { workOnAccounts } from './account-worker.ts';
import type { WorkerContext } from './worker-context.ts';

/** The clock stands at 100 ms after the first round in vain, at 200 ms after the second, and so on. */
const BEFORE_SECOND_ROUND_MS = 50;
const DEADLINE_MS = 450;

let ada: string;
let store: ScriptedWorker['store'];
let context: ScriptedWorker['context'];
let work: ScriptedWorker['work'];
let logged: ScriptedWorker['logged'];
let commandsInLog: ScriptedWorker['commandsInLog'];
beforeEach(() => open());

async function open(more?: Partial<WorkerContext>): Promise<void> {
  const worker = await scriptedWorker(more);
  ({ accountId: ada, store, context, work, logged, commandsInLog } = worker);
}

describe('a batch whose append got no answer', () => {
  test('and was stored: each command is done with the state right after it', async () => {
    store.script('answer lost');
    const batch = ['1.00', '2.00', '3.00'].map((amount) => ask(deposit(ada, amount)));
    await work(...batch);
    expect(batch.map(({ answers }) => answers)).toMatchObject([
      [{ kind: 'done', account: { version: 2, balance: 1_100n }, sequence: 2, replayed: false }],
      [{ kind: 'done', account: { version: 3, balance: 1_300n }, sequence: 3, replayed: false }],
      [{ kind: 'done', account: { version: 4, balance: 1_600n }, sequence: 4, replayed: false }],
    ]);
    expect(store.tried).toHaveLength(2);
  });

  test('and was stored, with refused ones: those are decided on what stands there now', async () => {
    store.script('answer lost');
    const [first, refused, last] = [
      ask(withdraw(ada, '9.00')),
      ask(withdraw(ada, '9.00')),
      ask(deposit(ada, '8.00')),
    ];
    await work(first, refused, last);
    expect(first.answers).toMatchObject([{ kind: 'done', account: { version: 2 } }]);
    expect(last.answers).toMatchObject([{ kind: 'done', account: { version: 3 } }]);
    // 10.00 - 9.00 + 8.00: there is enough by now.
    expect(refused.answers).toMatchObject([{ kind: 'done', account: { version: 4, balance: 0n } }]);
  });

  test('does not find its own command in one of another key, version and amount alike', async () => {
    store.script('lost', async () => {
      const [first] = await logged();
      if (first === undefined) throw new Error('the account is gone');
      const rival = depositAfter(first, 100n, keyed('rival'));
      await store.append([writeOf(ada, 1, rival)]);
    });
    const asked = ask(deposit(ada, '1.00', keyed('mine')));
    await work(asked);
    expect(asked.answers).toMatchObject([{ kind: 'done', account: { version: 3 }, sequence: 3 }]);
    expect((await commandsInLog()).slice(1)).toEqual(['rival', 'mine']);
  });

  // The deposit's time is up, so the withdrawal alone would be refused; yet both may still arrive.
  test('and still may be: a command of it is not refused while the log stands where it was', async () => {
    store.script('late');
    const first = ask(deposit(ada, '5.00'), BEFORE_SECOND_ROUND_MS);
    const dependent = ask(withdraw(ada, '15.00'), DEADLINE_MS);
    await work(first, dependent);
    await store.deliver();
    expect(first.answers.map(({ kind }) => kind)).toEqual(['unknown']);
    const inLog = (await commandsInLog()).includes(dependent.pending.request.commandId);
    expect({ inLog, told: dependent.answers[0]?.kind }).not.toEqual({
      inLog: true,
      told: 'refused',
    });
  });

  test('and can no longer be, as the log has moved on: it is decided anew, or refused', async () => {
    store.script('lost', async () => {
      const [first] = await logged();
      if (first === undefined) throw new Error('the account is gone');
      await store.append([writeOf(ada, 1, depositAfter(first))]);
    });
    const accepted = ask(deposit(ada, '5.00'), DEADLINE_MS);
    const conditional = ask(deposit(ada, '1.00', { expectedVersion: 2 }), DEADLINE_MS);
    await work(accepted, conditional);
    expect(accepted.answers).toMatchObject([{ kind: 'done', account: { version: 3 } }]);
    expect(conditional.answers).toEqual([{ kind: 'version_mismatch', actual: 3 }]);
  });
});

describe('what the worker leaves in the cache', () => {
  test('is the state after the batch', async () => {
    await work(ask(deposit(ada, '1.00')), ask(withdraw(ada, '99.00')));
    expect(context.cache.get(ada)).toMatchObject({ account: { version: 2 }, sequence: 2 });
  });

  test.each<AppendStep>(['conflict', 'lost', 'answer lost'])(
    'is nothing after %s without another look: it may be behind',
    async (step) => {
      store.script(step);
      await work(ask(deposit(ada, '1.00'), BEFORE_SECOND_ROUND_MS));
      expect(context.cache.get(ada)).toBeUndefined();
    },
  );
});

describe('a log that contradicts itself', () => {
  test('fails the commands, tells the observer, and leaves nothing in the cache', async () => {
    const failures: unknown[] = [];
    const observer = { ...context.observer, failed: (...told: unknown[]) => failures.push(told) };
    await open({ observer });
    const [first] = await logged();
    if (first === undefined) throw new Error('the account is gone');
    await store.append([writeOf(ada, 1, depositAfter(first, 1n, { balance: 7n }))]);
    const asked = [ask(deposit(ada, '1.00')), ask(withdraw(ada, '1.00'))];
    await work(...asked);
    expect(asked.map(({ answers }) => answers)).toEqual([
      [{ kind: 'failed' }],
      [{ kind: 'failed' }],
    ]);
    expect(failures).toMatchObject([[ada, { name: 'IntegrityError' }]]);
    expect(context.cache.get(ada)).toBeUndefined();
  });
});

test('a fault once an append is stored leaves its commands unknown, not undone', async () => {
  const asked = [ask(deposit(ada, '1.00')), ask(deposit(ada, '2.00'))] as const;
  const [first, second] = asked;
  const settle = () => {
    throw new Error('scripted: the answer cannot be given');
  };
  await workOnAccounts(context, [{ ...first.pending, settle }, second.pending]);
  expect(second.answers.map(({ kind }) => kind)).toEqual(['unknown']);
  expect(await commandsInLog()).toContain(second.pending.request.commandId);
});

test('an append that throws is told to have ended, and fails its commands', async () => {
  const ended: string[] = [];
  const appending = () => (outcome: AppendOutcome) => void ended.push(outcome.kind);
  await open({ observer: { ...context.observer, appending } });
  store.script(() => Promise.reject(new RangeError('scripted: too many events')));
  const asked = ask(deposit(ada, '1.00'));
  await work(asked);
  expect(asked.answers).toEqual([{ kind: 'failed' }]);
  expect(ended).toEqual(['unavailable']);
});

test('a log that contradicts itself after a lost answer leaves the command unknown', async () => {
  store.script('late', 'conflict');
  const asked = ask(deposit(ada, '1.00'), DEADLINE_MS);
  const tail = store.tail.bind(store);
  let reads = 0;
  const corrupt = {
    ...store,
    tail: (...range: Parameters<typeof tail>) => {
      reads += 1;
      if (reads === 3) throw new IntegrityError('the log contradicts itself');
      return tail(...range);
    },
  };
  await workOnAccounts(workerContext(corrupt), [asked.pending]);
  expect(asked.answers.map(({ kind }) => kind)).toEqual(['unknown']);
});
