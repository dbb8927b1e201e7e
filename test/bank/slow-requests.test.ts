import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { logged, startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';

/** The service gives a request 10 s, and looks every second. */
const GIVEN_UP_WITHIN_MS = 15_000;
const BYTE_EVERY_MS = 200;

let bank: Bank;
let service: BankService;

beforeAll(async () => {
  bank = await startBank();
  service = await bank.startCommand();
});
afterAll(() => bank.stop());

/** Sends a start at once and then spaces one by one; answers all that came until the connection ended. */
async function trickle(start: string): Promise<string> {
  const { hostname, port } = new URL(service.url);
  const connection = connect(Number(port), hostname);
  connection.write(start);
  const trickling = setInterval(() => connection.write(' '), BYTE_EVERY_MS);
  try {
    return await text(connection);
  } finally {
    clearInterval(trickling);
    connection.destroy();
  }
}

const HEAD = 'POST /accounts HTTP/1.1\r\nhost: bank\r\ncontent-type: application/json\r\n';

test.concurrent.each([
  ['body', `${HEAD}content-length: 10000\r\n\r\n{`],
  ['header', `${HEAD}x-slow:`],
])(
  'a request whose %s never ends is given up with 408, and its connection closed',
  async (_, start) => {
    const begin = performance.now();
    const answer = await trickle(start);
    expect(performance.now() - begin).toBeLessThan(GIVEN_UP_WITHIN_MS);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
    expect(answer).toContain('"code":"request_timeout"');
    expect(logged(service.process, '"level":"error"')).toEqual([]);
  },
  30_000,
);
