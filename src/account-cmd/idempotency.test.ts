import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { create, deposit, keyed, withdraw } from '../../test/support/command-requests.ts';
import { scriptedService } from '../../test/support/scripted-service.ts';
import type { ScriptedService } from '../../test/support/scripted-service.ts';
import { REMEMBERED_COMMANDS } from '../account/record.ts';

let bank: ScriptedService;
let ada: string;
beforeEach(async () => {
  bank = scriptedService();
  ada = await bank.opened('10.00');
});

/** A service that knows nothing but what the log and the snapshots tell. */
const restarted = () => scriptedService({ log: bank.log, snapshots: bank.snapshots });
const replayOf = (first: object) => ({ ...first, replayed: true });

describe('the same key and body again', () => {
  test('is answered as the first time, though the account has moved on', async () => {
    const request = withdraw(ada, '4.00', keyed('k'));
    const first = await bank.execute(request);
    await bank.execute(deposit(ada, '50.00'));
    expect(await bank.execute(request)).toEqual(replayOf(first));
    expect(await bank.eventsOf(ada)).toHaveLength(3);
  });

  test('is answered so though the command would be refused by now', async () => {
    const request = withdraw(ada, '10.00', keyed('k'));
    const first = await bank.execute(request);
    expect(await bank.execute(request)).toEqual(replayOf(first));
  });

  test('is answered so by another process, and after a restart from a snapshot', async () => {
    const request = deposit(ada, '1.00', keyed('k'));
    const first = await bank.execute(request);
    expect(await restarted().execute(request)).toEqual(replayOf(first));
    for (let more = 0; more < 9; more += 1) await bank.execute(deposit(ada, '1.00'));
    await bank.service.drain();
    expect(bank.snapshots.saved.at(-1)?.account.version).toBe(10);
    expect(await restarted().execute(request)).toEqual(replayOf(first));
  });

  test('is answered so by a process whose cache is older than the command', async () => {
    const other = restarted();
    await other.execute(deposit(ada, '1.00'));
    const request = deposit(ada, '1.00', keyed('k'));
    const first = await bank.execute(request);
    expect(await other.execute(request)).toEqual(replayOf(first));
    expect(await bank.eventsOf(ada)).toHaveLength(3);
  });

  test('opens one account', async () => {
    const request = create(randomUUID(), '5.00', keyed('k'));
    const first = await bank.execute(request);
    expect(await bank.execute(request)).toEqual(replayOf(first));
    expect(await restarted().execute(request)).toEqual(replayOf(first));
  });

  test('sent many times at once, to two processes, takes effect once', async () => {
    const other = restarted();
    const request = deposit(ada, '1.00', keyed('k'));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? bank : other).execute(request)),
    );
    expect(await bank.eventsOf(ada)).toHaveLength(2);
    const [{ event, sequence }] = (await bank.eventsOf(ada)).slice(-1) as [
      Awaited<ReturnType<typeof bank.eventsOf>>[number],
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({ kind: 'done', sequence, account: { version: event.version } });
    }
    expect(answers.filter((answer) => answer.kind === 'done' && !answer.replayed)).toHaveLength(1);
  });

  test('after an answer that got lost on its way to the client takes effect once', async () => {
    bank.store.script('answer lost');
    const request = deposit(ada, '1.00', keyed('k'));
    const first = await bank.execute(request);
    expect(first).toMatchObject({ kind: 'done', replayed: false });
    expect(await restarted().execute(request)).toEqual(replayOf(first));
    expect(await bank.eventsOf(ada)).toHaveLength(2);
  });

  test('whose first time was refused stays refused, after a restart too', async () => {
    const request = withdraw(ada, '11.00', keyed('k'));
    const first = await bank.execute(request);
    expect(first).toMatchObject({ kind: 'refused', replayed: false });
    await bank.execute(deposit(ada, '1.00'));
    const again = { ...first, replayed: true };
    expect(await bank.execute(request)).toEqual(again);
    expect(await restarted().execute(request)).toEqual(again);
    expect(await bank.eventsOf(ada)).toHaveLength(3);
  });

  test('whose first time was refused is decided anew where rejections are not remembered', async () => {
    bank = scriptedService({ rememberRejections: false });
    ada = await bank.opened('10.00');
    const request = withdraw(ada, '11.00', keyed('k'));
    expect(await bank.execute(request)).toMatchObject({ kind: 'refused' });
    await bank.execute(deposit(ada, '1.00'));
    expect(await bank.execute(request)).toMatchObject({ kind: 'done', replayed: false });
  });
});

describe('the same key with another body', () => {
  test('is refused, and nothing is written', async () => {
    await bank.execute(deposit(ada, '1.00', keyed('k', 'first')));
    const answer = await bank.execute(deposit(ada, '2.00', keyed('k', 'second')));
    expect(answer).toEqual({ kind: 'key_reused' });
    expect(await restarted().execute(deposit(ada, '2.00', keyed('k', 'second')))).toEqual(answer);
    expect(await bank.eventsOf(ada)).toHaveLength(2);
  });

  test('in the same batch is refused once the first is in the log', async () => {
    bank.store.script('busy', 'lost');
    const requests = ['first', 'first', 'second'].map((body) =>
      deposit(ada, '1.00', keyed('k', body)),
    );
    const answers = await Promise.all(requests.map((request) => bank.execute(request)));
    expect(answers.map(({ kind }) => kind)).toEqual(['done', 'done', 'key_reused']);
    expect(await bank.eventsOf(ada)).toHaveLength(2);
  });

  test('on another account is another command', async () => {
    const bob = await bank.opened('1.00');
    await bank.execute(deposit(ada, '1.00', keyed('k', 'first')));
    expect(await bank.execute(deposit(bob, '2.00', keyed('k', 'second')))).toMatchObject({
      kind: 'done',
    });
  });
});

test(`an account remembers its last ${REMEMBERED_COMMANDS} keys over restarts`, async () => {
  const requests = Array.from({ length: REMEMBERED_COMMANDS }, (_, index) =>
    deposit(ada, '1.00', keyed(`k-${index}`)),
  );
  const first = [];
  for (const request of requests) first.push(await bank.execute(request));
  await bank.service.drain();
  const again = await Promise.all(requests.map((request) => restarted().execute(request)));
  expect(again).toEqual(first.map(replayOf));
  expect(await bank.eventsOf(ada)).toHaveLength(1 + REMEMBERED_COMMANDS);
});

test('without a key the same request again is another command', async () => {
  await bank.execute(deposit(ada, '1.00'));
  await bank.execute(deposit(ada, '1.00'));
  expect(await bank.eventsOf(ada)).toHaveLength(3);
});
