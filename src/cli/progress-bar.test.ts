import { expect, test } from 'vitest';
import { progressBar } from './progress-bar.ts';

/** An output that keeps what was written, and a clock that the test moves, in milliseconds. */
function screen(isTTY: boolean) {
  const written: string[] = [];
  let time = 0;
  const bar = progressBar('events', { isTTY, write: (text) => written.push(text) }, () => time);
  return { bar, written, after: (milliseconds: number) => (time += milliseconds) };
}

test('on a terminal it is one line that is drawn again, at most ten times a second', () => {
  const { bar, written, after } = screen(true);
  bar.update(0, 1_000);
  after(50);
  bar.update(50, 1_000);
  expect(written).toEqual([]);
  after(950);
  bar.update(500, 1_000);
  bar.update(600, 1_000);
  expect(written).toEqual([
    '\r\u001b[K[############............] 50%  500 of 1,000 events  500/s  1 s left',
  ]);
  bar.end();
  expect(written.at(-1)).toBe('\n');
});

test('elsewhere it is a line every five seconds, and one at the end', () => {
  const { bar, written, after } = screen(false);
  bar.update(0, 10_000);
  after(4_999);
  bar.update(1_000, 10_000);
  expect(written).toEqual([]);
  after(1);
  bar.update(2_000, 10_000);
  after(1_000);
  bar.update(10_000, 10_000);
  bar.update(10_000, 10_000);
  bar.end();
  expect(written).toEqual([
    '20%  2,000 of 10,000 events  400/s  20 s left\n',
    '100%  10,000 of 10,000 events  1,667/s  0 s left\n',
  ]);
});

test('what was done before it began does not count as speed', () => {
  const { bar, written, after } = screen(false);
  bar.update(8_000, 10_000);
  after(5_000);
  bar.update(9_000, 10_000);
  expect(written).toEqual(['90%  9,000 of 10,000 events  200/s  5 s left\n']);
});

test('nothing to do is done', () => {
  const { bar, written, after } = screen(false);
  after(1_000);
  bar.update(0, 0);
  bar.end();
  expect(written).toEqual(['100%  0 of 0 events  0/s  0 s left\n']);
});
