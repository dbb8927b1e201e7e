import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { openEventStream } from '../support/event-stream.ts';
import type { EventStream } from '../support/event-stream.ts';
import { historyWriter } from '../support/history.ts';
import type { HistoryWriter } from '../support/history.ts';
import type { PageBody } from '../support/http.ts';
import { metric } from '../support/metrics.ts';
import { seededRandom } from '../support/random.ts';

const MAX_CLIENTS = 8;
const STOP_MS = 10_000;
const UNKNOWN = '00000000-0000-4000-8000-00000000000c';

const random = seededRandom('live');
const streams: EventStream[] = [];
let bank: Bank;
let history: HistoryWriter;
let commands: BankService;
let queries: BankService;

beforeAll(async () => {
  const env = { LIVE_CLIENTS: String(MAX_CLIENTS), LIVE_STALLED_SECONDS: '3' };
  bank = await startBank({ env });
  history = await historyWriter(bank.nc, random, 20);
  [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
});
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  await eventually(async () => expect(await metric(queries.url, 'jetbank_live_clients')).toBe(0));
});
afterAll(() => bank.stop());

async function open(path: string, lastEventId?: string): Promise<EventStream> {
  const stream = await openEventStream(`${queries.url}${path}`, lastEventId);
  streams.push(stream);
  return stream;
}

const idsOf = (stream: EventStream) => stream.events.map(({ id }) => id);
/** From the first to the last, both included. */
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

async function untilIds(stream: EventStream, expected: readonly number[]): Promise<void> {
  await eventually(() => stream.events.length >= expected.length, { timeoutMs: 15_000 });
  expect(idsOf(stream)).toEqual(expected);
}

test('without a place to begin, events come from now on, each as /events shows it', async () => {
  const { accountId } = (await commands.create('10.00')).account;
  const all = await open('/live');
  const own = await open(`/accounts/${accountId}/live`);
  const other = (await commands.create('1.00')).account.accountId;
  await commands.deposit(accountId, 5);
  const { sequence } = (await commands.deposit(other, 5)).account;
  await untilIds(all, range(sequence - 2, sequence));
  await untilIds(own, [sequence - 1]);
  const { items } = (await queries.get(`/accounts/${accountId}/events`)).body as PageBody;
  expect(own.events).toEqual([{ id: sequence - 1, event: 'MoneyDeposited', data: items[1] }]);
  expect(own.response.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
});

test('from a place in the past all events come, of one account only its own', async () => {
  const last = await history.write(1_000);
  for (const [path, id] of [['/live?after=0'], ['/live?after=7', '0']] as const) {
    await untilIds(await open(path, id), range(1, last));
  }
  await untilIds(await open('/live?after=0', String(last - 3)), range(last - 2, last));
  const { events } = await bank.ledger();
  const { accountId } = events.at(-1)!.event;
  const own = events.filter(({ event }) => event.accountId === accountId);
  await untilIds(
    await open(`/accounts/${accountId}/live?after=0`),
    own.map(({ sequence }) => sequence),
  );
});

test('clients that reconnect while 1,000 events are written miss none and get none twice', async () => {
  const first = (await history.write(1)) + 1;
  const last = first + 999;
  let writing = true;
  const written = (async () => {
    for (let batch = 0; batch < 100; batch += 1) await history.write(10);
    writing = false;
  })();

  async function restlessClient(): Promise<number[]> {
    const received: number[] = [];
    let place = String(first - 1);
    let connections = 0;
    while (received.at(-1) !== last) {
      const stream = await openEventStream(`${queries.url}/live`, place);
      connections += 1;
      const enough = writing ? 1 + random.below(60) : Infinity;
      await eventually(
        () => stream.events.length >= enough || stream.lastEventId() === String(last),
        {
          timeoutMs: 15_000,
        },
      );
      stream.close();
      received.push(...idsOf(stream));
      place = stream.lastEventId();
    }
    expect(connections).toBeGreaterThan(1);
    return received;
  }

  const all = await Promise.all([restlessClient(), restlessClient(), restlessClient()]);
  await written;
  for (const received of all) expect(received).toEqual(range(first, last));
}, 60_000);

test('events go on when the log was away', async () => {
  const first = (await history.write(1)) + 1;
  const stream = await open('/live');
  await bank.nats.restart();
  await eventually(() => bank.nc.rtt(), { timeoutMs: 15_000 });
  const last = await history.write(5);
  const again = stream.response.closed ? await open('/live', stream.lastEventId()) : stream;
  await untilIds(again, range(first, last));
}, 40_000);

describe('a client', () => {
  test('too many is answered 503 overloaded', async () => {
    await Promise.all(Array.from({ length: MAX_CLIENTS }, () => open('/live')));
    expect(await metric(queries.url, 'jetbank_live_clients')).toBe(MAX_CLIENTS);
    const { problem, headers } = await queries.get('/live');
    expect(problem).toMatchObject({ status: 503, code: 'overloaded' });
    expect(headers.get('retry-after')).toBe('1');
  });

  test.each([
    ['/live?after=-1', {}, '/after'],
    ['/live?after=x', {}, '/after'],
    ['/live?after=1000000', {}, '/after'],
    ['/live?since=1', {}, '/since'],
    ['/live', { 'last-event-id': 'x' }, '/last-event-id'],
    ['/live', { 'last-event-id': '-1' }, '/last-event-id'],
    ['/live', { 'last-event-id': '99999999999999999999' }, '/last-event-id'],
    ['/live', { 'last-event-id': '1000000' }, '/last-event-id'],
  ])('of %s %j is refused', async (path, headers, pointer) => {
    const { problem } = await queries.get(path, headers);
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problem.errors?.map((error) => error.pointer)).toEqual([pointer]);
  });

  test('that asks for the headers alone is told that there is no such route', async () => {
    const { accountId } = (await commands.create('1.00')).account;
    for (const path of ['/live', `/accounts/${accountId}/live`]) {
      const { status } = await fetch(`${queries.url}${path}`, { method: 'HEAD' });
      expect(status).toBe(404);
    }
  });

  test('of an unknown account is answered 404', async () => {
    const { problem } = await queries.get(`/accounts/${UNKNOWN}/live`);
    const detail = 'there is no account with this id';
    expect(problem).toMatchObject({ code: 'account_not_found', detail });
  });

  test('that takes nothing is cut off', async () => {
    const { url } = queries;
    const last = await history.write(1);
    const sent = request(`${url}/live`, { headers: { 'last-event-id': '0' }, agent: false });
    sent
      .on('error', () => undefined)
      .on('response', (response) => response.pause())
      .end();
    await eventually(async () => expect(await metric(url, 'jetbank_live_clients')).toBe(1));
    const healthy = await open('/live');
    let written = last;
    for (let batch = 0; batch < 20; batch += 1) written = await history.write(1_000);
    const dropped = () => metric(url, 'jetbank_live_clients_dropped_total');
    await eventually(async () => expect(await dropped()).toBe(1), { timeoutMs: 20_000 });
    await untilIds(healthy, range(last + 1, written));
    sent.destroy();
  }, 90_000);
});

test('clients are let go when the service stops, which takes no longer for them', async () => {
  const stopping = await bank.startQuery();
  const stream = await openEventStream(`${stopping.url}/live`);
  const paused = request(`${stopping.url}/live?after=0`, { agent: false });
  paused
    .on('error', () => undefined)
    .on('response', (response) => response.pause())
    .end();
  await eventually(async () => expect(await metric(stopping.url, 'jetbank_live_clients')).toBe(2));
  const begin = performance.now();
  expect(await stopping.process.stop()).toMatchObject({ code: 0 });
  expect(performance.now() - begin).toBeLessThan(STOP_MS);
  await stream.ended;
});
