import { randomUUID } from 'node:crypto';
import { headers, MsgHdrsImpl } from 'nats';
import type { MsgHdrs } from 'nats';
import { expect, test } from 'vitest';
import { opening } from '../../../test/support/account-events.ts';
import { eventHeaders, messageHeaders } from './event-headers.ts';

const event = opening(randomUUID());

function text(sent: MsgHdrs): string {
  if (!(sent instanceof MsgHdrsImpl)) throw new Error('the client could not send these');
  return Buffer.from(sent.encode()).toString();
}

test('headers go over the wire as the client would send them, set one by one', () => {
  const own = { ...eventHeaders({ event }, 0), 'Not-Of-Ours': 'Zoë' };
  const expected = headers();
  for (const [name, value] of Object.entries(own)) expected.set(name, value);
  expect(text(messageHeaders(own))).toBe(text(expected));
});

test('a value of more than one line is refused: it would be two headers', () => {
  const own = eventHeaders({ event: { ...event, commandId: 'a\r\nNats-Rollup: all' } }, 0);
  expect(() => messageHeaders(own)).toThrow('Nats-Msg-Id must be one line');
});
