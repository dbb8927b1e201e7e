import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { depositAfter, opening } from '../../test/support/account-events.ts';
import { openedWith } from '../account/events.ts';
import type { AccountEvent } from '../account/events.ts';
import { messageSizeBound } from './append-size.ts';
import { encodeEvent } from './event-codec.ts';
import type { PendingEvent } from './event-store.ts';
import { eventHeaders } from './jetstream/event-headers.ts';

const ADA = randomUUID();
const HASH = 'f'.repeat(16);
const LARGEST_AMOUNT = 9_007_199_254_740_991n;
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** Name, ": ", value and line end of each header, with those that only a batch has. */
function headerBytes(pending: PendingEvent): number {
  const headers = eventHeaders(pending, 999);
  headers['Nats-Expected-Last-Subject-Sequence'] = String(Number.MAX_SAFE_INTEGER);
  headers['Nats-Batch-Id'] = randomUUID();
  headers['Nats-Batch-Sequence'] = '1000';
  headers['Nats-Batch-Commit'] = '1';
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.byteLength(`NATS/1.0\r\n${lines.join('')}\r\n`);
}

const rejected = (): AccountEvent => {
  const rejection = { code: 'insufficient_funds', detail: 'ß'.repeat(500), field: 'amount' };
  const event = depositAfter(opening(ADA));
  return { ...event, ...rejection, type: 'CommandRejected', ...openedWith(LARGEST_AMOUNT) };
};

test.each<[string, AccountEvent]>([
  ['a small event', depositAfter(opening(ADA))],
  ['the longest key', depositAfter(opening(ADA), LARGEST_AMOUNT, { commandId: 'k'.repeat(255) })],
  ['the longest name', opening(ADA, { ownerName: '𝄞'.repeat(200), commandId: 'k'.repeat(255) })],
  ['a refusal', rejected()],
  ['a key beyond all limits', depositAfter(opening(ADA), 1n, { commandId: 'k'.repeat(100_000) })],
])('the bound of %s holds, and is not far off', (_, event) => {
  const pending = { event: { ...event, commandHash: HASH }, traceparent };
  const actual = encodeEvent(pending.event).length + headerBytes(pending);
  expect(messageSizeBound(pending)).toBeGreaterThanOrEqual(actual);
  expect(messageSizeBound(pending)).toBeLessThan(actual + 1024);
});
