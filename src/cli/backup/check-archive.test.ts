import { expect, test } from 'vitest';
import { expectAllOf } from './check-archive.ts';

/** What the stream had, and what the archive has, as first, last and count of messages. */
type Range = readonly [first: number, last: number, messages: number];

function check([first_seq, last_seq, count]: Range, [first, last, messages]: Range): void {
  const log = { first, last, messages, digest: '' };
  expectAllOf({ first_seq, last_seq, messages: count }, { seen: last, log });
}

test.each<[string, Range, Range]>([
  ['all of it', [1, 9, 9], [1, 9, 9]],
  ['and what came meanwhile', [1, 9, 9], [1, 12, 12]],
  ['nothing of an empty log', [0, 0, 0], [0, 0, 0]],
  ['what came meanwhile into an empty log', [1, 0, 0], [1, 2, 2]],
  ['a hole that the stream has too', [1, 9, 8], [1, 10, 9]],
  ['a beginning that the stream has too', [3, 9, 7], [3, 9, 7]],
])('a backup: %s', (_, state, archive) => {
  expect(() => check(state, archive)).not.toThrow();
});

test.each<[string, Range, Range, RegExp]>([
  ['a message less at the end', [1, 9, 9], [1, 8, 8], /ends at 8, but ACCOUNTS was at 9/],
  ['a hole', [1, 9, 9], [1, 9, 8], /has 8 messages from 1 to 9, but ACCOUNTS had 9/],
  ['one hole more', [1, 9, 8], [1, 9, 7], /files of the server have lost some/],
  ['a later beginning', [1, 9, 9], [2, 9, 8], /from 2 to 9/],
])('no backup: %s', (_, state, archive, message) => {
  expect(() => check(state, archive)).toThrow(message);
});
