import { expect, test } from 'vitest';
import { projectionPosition } from './position.ts';

const LONG_MS = 60_000;

test('whoever waits is woken as soon as the position is reached, and not before', async () => {
  const position = projectionPosition();
  const woken: number[] = [];
  const waits = [3, 5].map((sequence) =>
    position.waitFor(sequence, LONG_MS).then(() => woken.push(sequence)),
  );
  position.advance(4);
  await waits[0];
  expect(woken).toEqual([3]);
  position.reset(5);
  await waits[1];
  expect(woken).toEqual([3, 5]);
});

test('a wait ends with false when its time is up, and at once when the position is abandoned', async () => {
  const position = projectionPosition();
  expect(await position.waitFor(1, 1)).toBe(false);
  const waiting = position.waitFor(1, LONG_MS);
  position.abandon();
  expect(await waiting).toBe(false);
});
