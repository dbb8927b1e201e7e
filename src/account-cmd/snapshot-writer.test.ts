import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { snapshotOf } from '../event-store/snapshot-store.contract.ts';
import { createSnapshotWriter } from './snapshot-writer.ts';
import type { SnapshotWriter } from './snapshot-writer.ts';

interface Write {
  /** `account:version` */
  readonly what: string;
  finish(): Promise<void>;
  fail(): Promise<void>;
}

let writer: SnapshotWriter;
/** The writes that were started, in order. */
let writes: Write[];
let written: string[];
let failed: string[];

/** A writer whose writes last until they are ended by hand. */
function open(concurrency: number, waiting: number): void {
  [writes, written, failed] = [[], [], []];
  const name = ({ account }: ReturnType<typeof snapshotOf>) =>
    `${account.accountId}:${account.version}`;
  const save = (record: ReturnType<typeof snapshotOf>) => {
    const { promise, resolve, reject }: PromiseWithResolvers<void> = Promise.withResolvers();
    const ended = (end: () => void) => async () => {
      end();
      await turn();
    };
    const fail = ended(() => reject(new Error('no bucket')));
    writes.push({ what: name(record), finish: ended(resolve), fail });
    return promise;
  };
  writer = createSnapshotWriter(
    { save, load: () => Promise.resolve({ kind: 'none' }) },
    {
      concurrency,
      waiting,
      onWritten: (record) => written.push(name(record)),
      onFailed: (record, error) => failed.push(`${name(record)} ${String(error)}`),
    },
  );
}

const write = (accountId: string, ...versions: number[]) => {
  for (const version of versions) writer.write(snapshotOf(accountId, { version }));
};
const started = () => writes.map(({ what }) => what);

beforeEach(() => open(2, 100));

describe('snapshots of one account', () => {
  test('are written one after the other, and of those that wait only the latest', async () => {
    write('a', 5, 10, 15, 20);
    expect(started()).toEqual(['a:5']);
    await writes[0]?.finish();
    expect(started()).toEqual(['a:5', 'a:20']);
    await writes[1]?.finish();
    expect(written).toEqual(['a:5', 'a:20']);
    expect(started()).toHaveLength(2);
  });

  test('are never written twice at once, though there is room', async () => {
    write('a', 5, 10);
    write('b', 5);
    expect(started()).toEqual(['a:5', 'b:5']);
    await writes[1]?.finish();
    expect(started()).toEqual(['a:5', 'b:5']);
    await writes[0]?.finish();
    expect(started()).toEqual(['a:5', 'b:5', 'a:10']);
  });

  test('go on after one that failed', async () => {
    write('a', 5, 10);
    await writes[0]?.fail();
    expect(failed).toEqual(['a:5 Error: no bucket']);
    await writes[1]?.finish();
    expect(written).toEqual(['a:10']);
  });
});

describe('snapshots of several accounts', () => {
  test('are written so many at once, those that wait longest first', async () => {
    write('a', 5);
    write('b', 5);
    write('c', 5);
    write('d', 5);
    expect(started()).toEqual(['a:5', 'b:5']);
    await writes[0]?.finish();
    await writes[1]?.finish();
    expect(started()).toEqual(['a:5', 'b:5', 'c:5', 'd:5']);
  });

  test('beyond what may wait: the account that waits longest goes without', async () => {
    open(1, 2);
    for (const account of ['a', 'b', 'c', 'd']) write(account, 5);
    expect(started()).toEqual(['a:5']);
    await writes[0]?.finish();
    await writes[1]?.finish();
    await writes[2]?.finish();
    expect(written).toEqual(['a:5', 'c:5', 'd:5']);
  });

  test('a newer one of an account that waits drops nobody', async () => {
    open(1, 2);
    for (const account of ['a', 'b', 'c']) write(account, 5);
    write('c', 10);
    for (let index = 0; index < 3; index += 1) await writes[index]?.finish();
    expect(written).toEqual(['a:5', 'b:5', 'c:10']);
  });
});

describe('idle', () => {
  test('resolves at once where nothing is to be written', async () => {
    await writer.idle();
  });

  test('waits for what is written and for what waits, failed or not', async () => {
    open(1, 2);
    write('a', 5);
    write('b', 5);
    let idle = false;
    const waiting = writer.idle().then(() => (idle = true));
    await writes[0]?.fail();
    expect(idle).toBe(false);
    await writes[1]?.finish();
    await waiting;
    expect(written).toEqual(['b:5']);
  });
});
