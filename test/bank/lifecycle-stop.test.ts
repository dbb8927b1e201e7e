import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/await.ts';
import { freeze } from '../support/freeze.ts';
import { logged, startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import { keyed } from '../support/http.ts';
import type { Answer } from '../support/http.ts';
import { expectSound } from '../support/ledger.ts';
import { metric } from '../support/metrics.ts';
import { seededRandom } from '../support/random.ts';
import { checkpointOf, expectReadModelsOf, untilProjected } from '../support/read-models.ts';

/** The longest a service may take to stop, in milliseconds. */
const STOP_MS = 10_000;

let bank: Bank;
beforeEach(async () => {
  bank = await startBank();
});
afterEach(() => bank.stop());

test('SIGTERM: the commands that wait are answered before the service ends with 0', async () => {
  const service = await bank.startCommand();
  const { accountId } = (await service.create(0)).account;
  // While the server is frozen, the first deposit waits for its ack and the others for the first.
  await freeze(bank.nats);
  const deposits = Array.from({ length: 40 }, (_, index) =>
    service.deposit(accountId, '1.00', keyed(`waiting-${index}`)),
  );
  await eventually(async () => {
    expect(await metric(service.url, 'jetbank_mailbox_waiting_commands')).toBe(39);
  });
  const exited = service.process.kill('SIGTERM');
  await eventually(() => logged(service.process, 'stopping').length === 1);
  bank.nats.kill('SIGCONT');

  const answers = await Promise.all(deposits);
  expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
  expect(await exited).toEqual({ code: 0, signal: null });
  const { account } = (await bank.ledger()).accounts.get(accountId)!;
  expect(account).toMatchObject({ balance: 4_000n, version: 41 });
});

test('SIGTERM: a connection that a client opened and sent nothing on holds nothing up', async () => {
  const service = await bank.startCommand();
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  // The service knows of it once it has answered on a later one.
  await metric(service.url, 'jetbank_mailbox_waiting_commands');
  const begin = performance.now();
  expect(await service.process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(performance.now() - begin).toBeLessThan(STOP_MS);
  socket.destroy();
});

test('SIGTERM: requests that never arrive whole hold nothing up', async () => {
  const service = await bank.startCommand();
  const { hostname, port } = new URL(service.url);
  const begun = [
    'POST /accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{',
    'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /hea',
  ];
  const sockets = await Promise.all(
    begun.map(async (text) => {
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(text);
      return socket;
    }),
  );
  await once(sockets[1]!, 'data');
  const begin = performance.now();
  expect(await service.process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(performance.now() - begin).toBeLessThan(STOP_MS);
  for (const socket of sockets) socket.destroy();
});

test('SIGTERM: a request that comes late on an open connection is refused as the contract says', async () => {
  const service = await bank.startCommand();
  const { accountId } = (await service.create(0)).account;
  const { hostname, port } = new URL(service.url);
  const body = '{"amount":1}';
  const request =
    `POST /accounts/${accountId}/deposit HTTP/1.1\r\nHost: ${hostname}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  await freeze(bank.nats);
  const connection = connect(Number(port), hostname);
  const answers = text(connection);
  connection.write(request);
  await eventually(async () => {
    expect(await metric(service.url, 'jetbank_cache_lookups_total')).toBe(2);
  });
  const exited = service.process.kill('SIGTERM');
  await eventually(() => logged(service.process, 'stopping').length === 1);
  connection.write(request);
  bank.nats.kill('SIGCONT');

  const [, first, second] = (await answers).split('HTTP/1.1 ');
  expect(first).toMatch(/^200 OK/);
  expect(second).toMatch(/^503 /);
  expect(second?.toLowerCase()).toContain('content-type: application/problem+json');
  expect(second?.toLowerCase()).toContain('retry-after: ');
  expect(second).toContain('"code":"unavailable"');
  expect((await exited).code).toBe(0);
}, 30_000);

test('SIGTERM under load: what was acknowledged is in the log, what was not is refused as 503', async () => {
  const service = await bank.startCommand();
  const accounts = await Promise.all(
    Array.from({ length: 10 }, async () => (await service.create(0)).account.accountId),
  );
  const acknowledged = new Set<string>();
  const refused: Answer[] = [];
  let stopping = false;
  const client = async (name: number) => {
    for (let count = 0; ; count += 1) {
      const key = `${name}-${count}`;
      const accountId = accounts[(name + count) % accounts.length]!;
      try {
        const answer = await service.deposit(accountId, '1.00', keyed(key));
        if (answer.status === 200) acknowledged.add(`${accountId} ${key}`);
        else refused.push(answer);
      } catch (error) {
        // The connection is gone with the service; before the signal that would be a fault.
        expect(stopping, String(error)).toBe(true);
        return;
      }
    }
  };
  const clients = Array.from({ length: 32 }, (_, name) => client(name));
  await eventually(() => acknowledged.size > 1_000, { timeoutMs: 20_000 });
  stopping = true;
  const begin = performance.now();
  expect(await service.process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(performance.now() - begin).toBeLessThan(STOP_MS);
  await Promise.all(clients);

  const ledger = await bank.ledger();
  const stored = new Set(ledger.events.map(({ event }) => `${event.accountId} ${event.commandId}`));
  expect([...acknowledged].filter((key) => !stored.has(key))).toEqual([]);
  expectSound(ledger);
  for (const { problem, headers } of refused) {
    expect(problem).toMatchObject({ status: 503, code: 'unavailable' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }
}, 40_000);

test('SIGTERM while catching up: the query service ends with 0, and the next one goes on', async () => {
  const history = await historyWriter(bank.nc, seededRandom('stop-query'), 200);
  const query = await bank.startQuery();
  let last = 0;
  const writing = (async () => {
    for (let batch = 0; batch < 50; batch += 1) last = await history.write(100);
  })();
  await eventually(async () => ((await checkpointOf(bank.db)) ?? 0n) > 300n);
  const begin = performance.now();
  expect(await query.process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(performance.now() - begin).toBeLessThan(STOP_MS);
  await writing;

  await bank.startQuery();
  await untilProjected(bank.db, last);
  await expectReadModelsOf(bank.db, await bank.ledger());
}, 60_000);
