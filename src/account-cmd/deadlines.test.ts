import { beforeEach, describe, expect, test } from 'vitest';
import { ask, deposit } from '../../test/support/command-requests.ts';
import type { AppendStep } from '../../test/support/scripted-event-store.ts';
import { scriptedWorker } from '../../test/support/scripted-worker.ts';
import type { ScriptedWorker } from '../../test/support/scripted-worker.ts';
import type { WorkerContext } from './worker-context.ts';

/** The clock stands at 100 ms after the first round in vain, at 200 ms after the second, and so on. */
const DEADLINE_MS = 450;
const ROUNDS = 5;

let ada: string;
let store: ScriptedWorker['store'];
let work: ScriptedWorker['work'];
let logged: ScriptedWorker['logged'];
let commandsInLog: ScriptedWorker['commandsInLog'];
beforeEach(() => open());

async function open(more?: Partial<WorkerContext>): Promise<void> {
  const worker = await scriptedWorker(more);
  ({ accountId: ada, store, work, logged, commandsInLog } = worker);
}
const always = (step: AppendStep, rounds = 2 * ROUNDS) =>
  Array.from({ length: rounds }, () => step);

describe('a command whose time runs out', () => {
  test.each<[AppendStep, object]>([
    ['conflict', { kind: 'conflict' }],
    ['duplicate', { kind: 'unknown', detail: 'the log has this command, or is about to' }],
    ['busy', { kind: 'unavailable', detail: 'scripted: busy' }],
    ['lost', { kind: 'unknown', detail: 'scripted: the append is lost' }],
  ])('over %s is told so, once', async (step, answer) => {
    store.script(...always(step));
    const asked = ask(deposit(ada, '1.00'), DEADLINE_MS);
    await work(asked);
    expect(asked.answers).toEqual([answer]);
    expect(store.tried).toHaveLength(1 + ROUNDS);
    expect(await logged()).toHaveLength(1);
  });

  test('while the log cannot be read is told unavailable', async () => {
    store.failReads(2 * ROUNDS);
    const asked = ask(deposit(ada, '1.00'), DEADLINE_MS);
    await work(asked);
    expect(asked.answers).toEqual([
      { kind: 'unavailable', detail: 'the log cannot be read: scripted: the log is away' },
    ]);
  });

  test.each<AppendStep>(['answer lost', 'late', 'lost'])(
    'after an append whose answer is lost (%s) is unknown, whatever came then',
    async (step) => {
      for (const then of ['conflict', 'busy', 'unavailable'] as const) {
        await open();
        store.script(step, ...always(then));
        const asked = ask(deposit(ada, '1.00'), DEADLINE_MS);
        const working = work(asked);
        store.failReads(step === 'lost' ? 1 : 2 * ROUNDS);
        await working;
        expect(asked.answers.map(({ kind }) => kind)).toEqual(['unknown']);
      }
    },
  );

  test('before its turn comes is told so, and nothing of it is tried', async () => {
    const [late, patient] = [ask(deposit(ada, '1.00'), 0), ask(deposit(ada, '2.00'), DEADLINE_MS)];
    await work(late, patient);
    expect(late.answers).toEqual([
      { kind: 'unavailable', detail: 'its time was up before its turn came' },
    ]);
    expect(patient.answers).toMatchObject([{ kind: 'done', account: { version: 2 } }]);
    expect(await commandsInLog()).not.toContain(late.pending.request.commandId);
  });

  test('leaves the others of its batch working', async () => {
    store.script('busy', 'busy');
    const impatient = ask(deposit(ada, '1.00'), 150);
    const patient = ask(deposit(ada, '2.00'), DEADLINE_MS);
    await work(impatient, patient);
    expect(impatient.answers).toEqual([{ kind: 'unavailable', detail: 'scripted: busy' }]);
    expect(patient.answers).toMatchObject([{ kind: 'done', account: { version: 2 } }]);
    expect(await commandsInLog()).toContain(patient.pending.request.commandId);
    expect(await commandsInLog()).not.toContain(impatient.pending.request.commandId);
  });
});

describe('a process that has used up its retries', () => {
  beforeEach(() => open({ retries: { take: () => false } }));

  test('gives a command up after the first failure', async () => {
    store.script('busy');
    const asked = ask(deposit(ada, '1.00'), DEADLINE_MS);
    await work(asked);
    expect(asked.answers).toEqual([{ kind: 'unavailable', detail: 'scripted: busy' }]);
    expect(await logged()).toHaveLength(1);
  });

  test('looks once for what another process wrote: a cache that is behind is no failure', async () => {
    store.script('conflict');
    const asked = ask(deposit(ada, '1.00'), DEADLINE_MS);
    await work(asked);
    expect(asked.answers).toMatchObject([{ kind: 'done', account: { version: 2 } }]);
  });

  test('gives a command up after the second conflict', async () => {
    store.script('conflict', 'conflict');
    const asked = ask(deposit(ada, '1.00'), DEADLINE_MS);
    await work(asked);
    expect(asked.answers).toEqual([{ kind: 'conflict' }]);
    expect(await logged()).toHaveLength(1);
  });

  test.each<AppendStep>(['answer lost', 'late', 'lost'])(
    'still looks for what may be in the log after: %s',
    async (step) => {
      store.script(step);
      const asked = ask(deposit(ada, '1.00'), DEADLINE_MS);
      await work(asked);
      expect(asked.answers).toMatchObject([{ kind: 'done', account: { version: 2 } }]);
      expect(await logged()).toHaveLength(2);
    },
  );
});
