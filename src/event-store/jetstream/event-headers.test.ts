import { randomUUID } from 'node:crypto';
import { headers } from 'nats';
import { expect, test } from 'vitest';
import { opening } from '../../../test/support/account-events.ts';
import { eventHeaders, messageHeaders } from './event-headers.ts';

const event = opening(randomUUID());

test('headers are those that the client makes of them one by one', () => {
  const own = eventHeaders({ event }, 0);
  const expected = headers();
  for (const [name, [value]] of Object.entries(own)) expected.set(name, value);
  expect([...messageHeaders(own)]).toEqual([...expected]);
});

test('a value of more than one line is refused: it would be two headers', () => {
  const own = eventHeaders({ event: { ...event, commandId: 'a\r\nNats-Rollup: all' } }, 0);
  expect(() => messageHeaders(own)).toThrow('Nats-Msg-Id must be one line');
});
