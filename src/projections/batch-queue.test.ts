import { expect, test } from 'vitest';
import { batchQueue } from './batch-queue.ts';
import type { Batch } from './batch-queue.ts';

const SIZE = 3;

async function next<T, L>(
  batches: AsyncGenerator<Batch<T, L>, undefined>,
): Promise<Batch<T, L> | undefined> {
  return (await batches.next()).value;
}

test('hands on what has come in since the last batch, with what came along with the newest', async () => {
  const queue = batchQueue<number, string>(SIZE);
  const batches = queue.batches();
  queue.push(1, 'one');
  expect(await next(batches)).toEqual({ items: [1], last: 'one' });
  const waiting = next(batches);
  queue.push(2, 'two');
  expect(await waiting).toEqual({ items: [2], last: 'two' });
});

test('no batch is larger than the size, and the order stays', async () => {
  const queue = batchQueue<number, string>(SIZE);
  for (let item = 1; item <= 4; item += 1) queue.push(item, String(item));
  queue.end();
  const batches = queue.batches();
  expect(await next(batches)).toEqual({ items: [1, 2, 3], last: '3' });
  expect(await next(batches)).toEqual({ items: [4], last: '4' });
  expect(await next(batches)).toBeUndefined();
});

test('a batch that was handed on does not grow any more', async () => {
  const queue = batchQueue<number, string>(SIZE);
  const batches = queue.batches();
  queue.push(1, 'one');
  const first = await next(batches);
  queue.push(2, 'two');
  expect(first).toEqual({ items: [1], last: 'one' });
});

test('woken, it hands on a batch without items only where there are none', async () => {
  const queue = batchQueue<number, string>(SIZE);
  const batches = queue.batches();
  queue.wake();
  queue.wake();
  expect(await next(batches)).toEqual({ items: [], last: undefined });
  queue.push(1, 'one');
  queue.wake();
  expect(await next(batches)).toEqual({ items: [1], last: 'one' });
});
