import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { createMailbox } from './mailbox.ts';
import type { Mailbox, MailboxLimits } from './mailbox.ts';

const ROOMY: MailboxLimits = {
  batch: 100,
  accountsAtOnce: 100,
  queuedPerAccount: 100,
  openInAll: 100,
};

interface Run {
  readonly accountId: string;
  readonly batch: readonly number[];
  finish(): Promise<void>;
}

let mailbox: Mailbox<number>;
let runs: Run[];
beforeEach(() => open(ROOMY));

/** A mailbox whose runs last until they are finished by hand. */
function open(limits: MailboxLimits): void {
  runs = [];
  mailbox = createMailbox(limits, (batch) => {
    const { promise, resolve }: PromiseWithResolvers<void> = Promise.withResolvers();
    const finish = async () => {
      resolve();
      await turn();
    };
    runs.push({ accountId: accountOf(batch), batch, finish });
    return promise;
  });
}

const submit = (accountId: string, ...items: number[]) =>
  items.map((item) => {
    accounts.set(item, accountId);
    return mailbox.submit([accountId], item);
  });
/** By which account each item was submitted. */
const accounts = new Map<number, string>();
const accountOf = ([first = -1]: readonly number[]) => accounts.get(first) ?? '';
const batches = (accountId: string) =>
  runs.filter((run) => run.accountId === accountId).map(({ batch }) => batch);

describe('one account', () => {
  test('is worked on at once, and what comes meanwhile is the next batch, in order', async () => {
    submit('a', 1, 2, 3);
    expect(batches('a')).toEqual([[1]]);
    submit('a', 4);
    await runs[0]?.finish();
    expect(batches('a')).toEqual([[1], [2, 3, 4]]);
  });

  test('never has two runs at once', async () => {
    submit('a', 1, 2);
    await turn();
    expect(runs).toHaveLength(1);
    await runs[0]?.finish();
    submit('a', 3);
    await turn();
    expect(batches('a')).toEqual([[1], [2]]);
    await runs[1]?.finish();
    expect(batches('a')).toEqual([[1], [2], [3]]);
  });

  test('starts again after it came to rest', async () => {
    submit('a', 1);
    await runs[0]?.finish();
    await mailbox.idle();
    submit('a', 2);
    expect(batches('a')).toEqual([[1], [2]]);
  });

  test('gets no more at once than the largest batch', async () => {
    open({ ...ROOMY, batch: 3 });
    submit('a', 1, 2, 3, 4, 5, 6);
    await runs[0]?.finish();
    await runs[1]?.finish();
    expect(batches('a')).toEqual([[1], [2, 3, 4], [5, 6]]);
  });
});

test('accounts do not wait for one another', async () => {
  submit('a', 1, 2);
  submit('b', 3);
  expect(runs.map(({ accountId }) => accountId)).toEqual(['a', 'b']);
  await runs[1]?.finish();
  submit('b', 4);
  expect(batches('b')).toEqual([[3], [4]]);
  expect(batches('a')).toEqual([[1]]);
});

describe('a full queue', () => {
  test('of one account takes no more of it, and the other accounts go on', () => {
    open({ ...ROOMY, queuedPerAccount: 2 });
    expect(submit('a', 1, 2, 3, 4)).toEqual([true, true, true, false]);
    expect(submit('b', 5)).toEqual([true]);
  });

  test('of all takes no more of any account that waits or is new', () => {
    open({ ...ROOMY, openInAll: 4 });
    expect(submit('a', 1, 2)).toEqual([true, true]);
    expect(submit('b', 3, 4)).toEqual([true, true]);
    expect(submit('a', 5)).toEqual([false]);
    expect(submit('c', 6)).toEqual([false]);
  });

  test('of all counts what is worked on, and has room again once that is done', async () => {
    open({ ...ROOMY, openInAll: 2 });
    expect([...submit('a', 1), ...submit('b', 2), ...submit('c', 3)]).toEqual([true, true, false]);
    await runs[0]?.finish();
    expect([...submit('c', 4), ...submit('d', 5)]).toEqual([true, false]);
  });

  test('has room again for what is worked on, and nothing refused is ever worked on', async () => {
    open({ ...ROOMY, queuedPerAccount: 1 });
    expect(submit('a', 1, 2, 3)).toEqual([true, true, false]);
    await runs[0]?.finish();
    expect(submit('a', 4)).toEqual([true]);
    await runs[1]?.finish();
    expect(batches('a')).toEqual([[1], [2], [4]]);
  });
});

test('waiting counts what is queued, open also what is worked on, and neither what is refused', async () => {
  open({ ...ROOMY, queuedPerAccount: 2 });
  submit('a', 1, 2, 3, 4);
  submit('b', 5, 6);
  expect([mailbox.waiting(), mailbox.open()]).toEqual([3, 5]);
  await runs[0]?.finish();
  expect([mailbox.waiting(), mailbox.open()]).toEqual([1, 4]);
  for (const run of runs) await run.finish();
  for (const run of runs) await run.finish();
  expect([mailbox.waiting(), mailbox.open()]).toEqual([0, 0]);
});

describe('idle', () => {
  /** Whether idle() has resolved once all that can happen by itself has happened. */
  const isIdle = async () => {
    let resolved = false;
    void mailbox.idle().then(() => (resolved = true));
    await turn();
    return resolved;
  };

  test('resolves at once where nothing was ever submitted', async () => {
    expect(await isIdle()).toBe(true);
  });

  test('waits for every account, and for what is submitted meanwhile', async () => {
    submit('a', 1);
    submit('b', 2);
    expect(await isIdle()).toBe(false);
    await runs[0]?.finish();
    submit('b', 3);
    expect(await isIdle()).toBe(false);
    await runs[1]?.finish();
    expect(await isIdle()).toBe(false);
    await runs[2]?.finish();
    expect(await isIdle()).toBe(true);
  });
});
