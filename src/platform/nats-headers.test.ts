import fc from 'fast-check';
import { MsgHdrsImpl } from 'nats';
import { expect, test } from 'vitest';
import { decodeHeaders } from './nats-headers.ts';

type Decode = (bytes: Uint8Array) => MsgHdrsImpl;

const clients: Decode = (bytes) => MsgHdrsImpl.decode(bytes);

/** One thing that can be done with headers, each with headers that nothing was done with before. */
const USES: readonly ((headers: MsgHdrsImpl, name: string) => unknown)[] = [
  (headers, name) => headers.get(name),
  (headers, name) => headers.last(name),
  (headers, name) => headers.has(name),
  (headers, name) => headers.values(name),
  (headers) => headers.keys(),
  (headers) => [...headers],
  (headers) => headers.size(),
  (headers) => headers.toRecord(),
  (headers) => Buffer.from(headers.encode()).toString(),
  (headers) => [headers.code, headers.description, headers.status, headers.hasError],
  (headers, name) => {
    headers.set('new', 'a');
    headers.append(name.replaceAll(':', '') || 'old', 'b');
    headers.delete('ce-id');
    return [headers.get('new'), headers.get(name), headers.get('ce-id'), ...headers];
  },
];

function expectSame(text: string, name: string): void {
  const bytes = Buffer.from(text);
  for (const use of USES)
    expect(use(decodeHeaders(bytes), name)).toEqual(use(clients(bytes), name));
  expect(decodeHeaders(bytes).equals(decodeHeaders(bytes))).toBe(true);
}

test('headers are read as the client reads them', () => {
  const name = fc.stringMatching(/^[!-9;-~]{1,8}$/);
  // Some repeat, in other cases too: those are others.
  const names = fc.oneof(fc.constantFrom('ce-id', 'Ce-Id', 'Nats-Msg-Id'), name);
  const value = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ''));
  const line = fc.oneof(
    fc.tuple(names, value).map(([key, text]) => `${key}:${text}`),
    fc.constantFrom('', 'no colon', ': no name'),
  );
  const lines = fc.array(line, { maxLength: 12 });
  const ends = fc.constantFrom('\r\n\r\n', '\r\n', '');
  fc.assert(
    fc.property(lines, ends, names, (some, end, asked) => {
      expectSame(['NATS/1.0', ...some].join('\r\n') + end, asked);
    }),
    { numRuns: 500 },
  );
});

test.each([
  'NATS/1.0\r\n\r\n',
  'NATS/1.0',
  'NATS/1.0 503\r\n\r\n',
  'NATS/1.0\r\na:b:c\r\n\r\n',
  'NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 5\r\n\r\n',
  'NATS/1.0 409 Message Size Exceeds MaxBytes\r\nNats-Pending-Messages: 1\r\n\r\n',
])('%j is read as the client reads it', (text) => {
  for (const name of ['a', 'a:b', '', 'Nats-Last-Consumer']) expectSame(text, name);
});
