import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { createMailbox } from './mailbox.ts';
import type { Mailbox, MailboxLimits } from './mailbox.ts';

const ROOMY: MailboxLimits = {
  batch: 100,
  accountsAtOnce: 100,
  queuedPerAccount: 100,
  openInAll: 1_000,
};

interface Run {
  readonly batch: readonly string[];
  finish(): Promise<void>;
}

let mailbox: Mailbox<string>;
let runs: Run[];
beforeEach(() => open());

function open(limits: Partial<MailboxLimits> = {}): void {
  runs = [];
  mailbox = createMailbox({ ...ROOMY, ...limits }, (batch) => {
    const { promise, resolve }: PromiseWithResolvers<void> = Promise.withResolvers();
    const finish = async () => {
      resolve();
      await turn();
    };
    runs.push({ batch, finish });
    return promise;
  });
}

/** Items named by their accounts: "ab" is about a and b. */
const submit = (...items: string[]) => items.map((item) => mailbox.submit(item.split(''), item));
const batches = () => runs.map(({ batch }) => batch);

describe('an item about several accounts', () => {
  test('waits until all of them are free, and keeps others from them meanwhile', async () => {
    submit('a', 'ab', 'b');
    expect(batches()).toEqual([['a']]);
    await runs[0]?.finish();
    expect(batches()).toEqual([['a'], ['ab', 'b']]);
  });

  test('is not overtaken on any of its accounts', async () => {
    submit('a', 'b', 'ab', 'b');
    await runs[1]?.finish();
    expect(batches()).toEqual([['a'], ['b']]);
    await runs[0]?.finish();
    expect(batches()).toEqual([['a'], ['b'], ['ab', 'b']]);
  });

  test('shares a batch with those that share an account: many payers, one receiver', async () => {
    submit('m', 'am', 'bm', 'cm', 'dm');
    await runs[0]?.finish();
    expect(batches()).toEqual([['m'], ['am', 'bm', 'cm', 'dm']]);
  });

  test('leaves out who is at work elsewhere, and who stands behind them', async () => {
    submit('m', 'a', 'am', 'bm');
    await runs[0]?.finish();
    expect(batches()).toEqual([['m'], ['a']]);
    await runs[1]?.finish();
    expect(batches().at(-1)).toEqual(['am', 'bm']);
  });

  test('joins no batch beyond so many accounts', async () => {
    open({ accountsAtOnce: 3 });
    submit('m', 'am', 'bm', 'cm');
    await runs[0]?.finish();
    await runs[1]?.finish();
    expect(batches()).toEqual([['m'], ['am', 'bm'], ['cm']]);
  });

  test('is refused where one of its queues is full', () => {
    open({ queuedPerAccount: 1 });
    expect(submit('a', 'a', 'ab', 'b')).toEqual([true, true, false, true]);
  });
});

test('whatever comes: each item once, no account at work twice, order kept on every account', async () => {
  const items = fc.array(
    fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e'), {
      minLength: 1,
      maxLength: 3,
    }),
  );
  await fc.assert(
    fc.asyncProperty(items, fc.infiniteStream(fc.nat()), async (asked, picks) => {
      open({ batch: 4, accountsAtOnce: 4 });
      const named = asked.map((accounts, index) => ({ accounts, name: `${index}` }));
      const accountsOf = new Map(named.map(({ name, accounts }) => [name, accounts]));
      const done: string[] = [];
      const working: Run[] = [];
      let seen = 0;
      const look = () => {
        working.push(...runs.slice(seen));
        seen = runs.length;
        const atWork = working.map(
          ({ batch }) => new Set(batch.flatMap((name) => accountsOf.get(name) ?? [])),
        );
        const all = atWork.flatMap((accounts) => [...accounts]);
        expect(new Set(all).size).toBe(all.length);
      };
      for (const { name, accounts } of named) {
        mailbox.submit(accounts, name);
        look();
      }
      while (working.length > 0) {
        const [run] = working.splice((picks.next().value ?? 0) % working.length, 1);
        done.push(...(run?.batch ?? []));
        await run?.finish();
        look();
      }
      expect([...done].sort()).toEqual(named.map(({ name }) => name).sort());
      for (const account of 'abcde') {
        const own = done.filter((name) => accountsOf.get(name)?.includes(account));
        expect(own).toEqual([...own].sort((a, b) => Number(a) - Number(b)));
      }
      await mailbox.idle();
    }),
    { numRuns: 100 },
  );
});
