import fc from 'fast-check';
import { MsgHdrsImpl } from 'nats';
import { expect, test } from 'vitest';
import { decodeHeaders } from './nats-headers.ts';

const read = (decode: (bytes: Uint8Array) => MsgHdrsImpl, text: string) => {
  const decoded = decode(Buffer.from(text));
  return { headers: [...decoded], code: decoded.code, description: decoded.description };
};
const expectSame = (text: string) =>
  expect(read(decodeHeaders, text)).toEqual(read((bytes) => MsgHdrsImpl.decode(bytes), text));

test('headers are read as the client reads them', () => {
  const name = fc.stringMatching(/^[!-9;-~]{1,8}$/);
  // Some repeat, in other cases too: those are others.
  const names = fc.oneof(fc.constantFrom('ce-id', 'Ce-Id', 'Nats-Msg-Id'), name);
  const value = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ''));
  const line = fc.oneof(
    fc.tuple(names, value).map(([key, text]) => `${key}:${text}`),
    fc.constantFrom('', 'no colon', ': no name'),
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 12 }),
      fc.constantFrom('\r\n\r\n', '\r\n', ''),
      (lines, end) => {
        expectSame(['NATS/1.0', ...lines].join('\r\n') + end);
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  'NATS/1.0\r\n\r\n',
  'NATS/1.0',
  'NATS/1.0 503\r\n\r\n',
  'NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 5\r\n\r\n',
  'NATS/1.0 409 Message Size Exceeds MaxBytes\r\nNats-Pending-Messages: 1\r\n\r\n',
])('a status is read as the client reads it: %j', (text) => {
  expectSame(text);
});
