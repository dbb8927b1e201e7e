import { randomUUID } from 'node:crypto';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AccountEvent } from '../../src/account/events.ts';
import { TIMER_STREAM } from '../../src/event-store/jetstream/names.ts';
import { provisionStreams } from '../../src/event-store/jetstream/provision.ts';
import { eventually } from '../support/await.ts';
import { logged, startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed } from '../support/http.ts';
import { expectRefusal } from '../support/refusals.ts';

/** What a busy machine may take for a released hold, in milliseconds. */
const PATIENCE = { timeoutMs: 20_000 };

let bank: Bank;
let jsm: JetStreamManager;
let commands: BankService;
let ada: string;

beforeAll(async () => {
  bank = await startBank();
  jsm = await jetstreamManager(bank.nc);
  commands = await bank.startCommand();
});
afterAll(() => bank.stop());
beforeEach(async () => {
  ada = (await commands.create('100.00')).account.accountId;
});

async function placeHold(inMs: number): Promise<{ holdId: string; expiresAt: number }> {
  const expiresAt = Date.now() + inMs;
  const body = { amount: '60.00', expiresAt: new Date(expiresAt).toISOString() };
  const answer = await commands.post(`/accounts/${ada}/holds`, body);
  expect(answer.status, answer.text).toBe(201);
  return { holdId: (answer.body as { readonly holdId: string }).holdId, expiresAt };
}

const adasEvents = async () => (await bank.ledger()).eventsOf(ada);
const typesOf = (events: readonly AccountEvent[]) => events.map(({ type }) => type);
const timers = async () => (await jsm.streams.info(TIMER_STREAM)).state.messages;

const isReleased = async () => {
  const last = (await adasEvents()).at(-1);
  return last?.type === 'HoldReleased' && last;
};

const noTimersAreLeft = () =>
  eventually(async () => (await timers()) === 0, { ...PATIENCE, what: 'no timer is left' });

test('a hold is released by itself once its time has come, and its timer is gone', async () => {
  const { holdId, expiresAt } = await placeHold(700);
  expect(await timers()).toBe(1);
  const released = await eventually(isReleased, PATIENCE);
  expect(released).toMatchObject({ holdId, reason: 'expired', amount: 6_000n, held: 0n });
  expect(released.occurredAt).toBeGreaterThanOrEqual(expiresAt);
  await noTimersAreLeft();
});

test('the timer of a hold that was captured before fires in vain', async () => {
  const { holdId } = await placeHold(1_000);
  const captured = await commands.post(`/accounts/${ada}/holds/${holdId}/capture`, {});
  expect(captured.status, captured.text).toBe(200);
  await noTimersAreLeft();
  expect(typesOf(await adasEvents())).toEqual(['AccountCreated', 'HoldPlaced', 'HoldCaptured']);
});

test('a key that is used again with another end touches no timer of its hold', async () => {
  const end = (inMs: number) => new Date(Date.now() + inMs).toISOString();
  const place = (expiresAt: string) =>
    commands.post(`/accounts/${ada}/holds`, { amount: '60.00', expiresAt }, keyed(`key-${ada}`));
  expect((await place(end(3_600_000))).status).toBe(201);
  expect((await place(end(200))).status).toBe(422);
  expect((await place(end(7_200_000))).status).toBe(422);
  // The earlier timer fires, and the other two stay.
  await eventually(async () => (await timers()) === 2, PATIENCE);
  expect(typesOf(await adasEvents())).toEqual(['AccountCreated', 'HoldPlaced']);
  await jsm.streams.purge(TIMER_STREAM);
});

test('a hold that ends too far ahead is refused and leaves no timer, whether or not there is the account', async () => {
  const far = { amount: '60.00', expiresAt: '2261-12-31T23:59:59Z' };
  const answer = await commands.post(`/accounts/${ada}/holds`, far);
  expectRefusal(answer, { status: 400, code: 'invalid_request', pointers: ['/expiresAt'] });
  expect((await commands.post(`/accounts/${randomUUID()}/holds`, far)).status).toBe(404);
  expect(await timers()).toBe(0);
});

test('a lost timer is made up for by whoever touches the account next', async () => {
  const lastTimer = async () => (await jsm.streams.info(TIMER_STREAM)).state.last_seq;
  const before = await lastTimer();
  const { expiresAt } = await placeHold(3_000);
  // Set before the hold was placed, and once more behind it, as it ends soon.
  await eventually(async () => (await lastTimer()) >= before + 2);
  expect(Date.now(), 'the timers are purged in time').toBeLessThan(expiresAt);
  await jsm.streams.purge(TIMER_STREAM);
  await eventually(() => Date.now() > expiresAt);
  expect(typesOf(await adasEvents())).toEqual(['AccountCreated', 'HoldPlaced']);
  expect((await commands.withdraw(ada, '100.00')).account.balance).toBe('0.00');
  expect(typesOf(await adasEvents())).toEqual([
    'AccountCreated',
    'HoldPlaced',
    'HoldReleased',
    'MoneyWithdrawn',
  ]);
});

test('what fires and is no timer of a hold is dropped', async () => {
  await jetstream(bank.nc).publish('bank.timer.due.nobody.nothing.1');
  await noTimersAreLeft();
  await eventually(() => logged(commands.process, 'no timer of a hold').length === 1);
});

test('without a stream for its timer a hold is refused and nothing is written; later all goes on', async () => {
  await jsm.streams.delete(TIMER_STREAM);
  const key = keyed(randomUUID());
  const body = { amount: '60.00', expiresAt: new Date(Date.now() + 600_000).toISOString() };
  const place = () => commands.post(`/accounts/${ada}/holds`, body, key);
  const refused = await place();
  expect(refused.status, refused.text).toBe(503);
  expect(refused.problem.detail).toContain('timer');
  expect(typesOf(await adasEvents())).toEqual(['AccountCreated']);
  const endless = await commands.post(`/accounts/${ada}/holds`, { amount: '1.00' });
  expect(endless.status, endless.text).toBe(201);

  await eventually(() => provisionStreams(jsm, { create: true, replicas: 1 }), PATIENCE);
  expect((await place()).status).toBe(201);
  ada = (await commands.create('100.00')).account.accountId;
  await placeHold(500);
  await eventually(isReleased, PATIENCE);
  await jsm.streams.purge(TIMER_STREAM);
});

test('a service that was without NATS for a while goes on with the timers', async () => {
  const { holdId } = await placeHold(500);
  bank.nats.kill('SIGKILL');
  await bank.nats.exited;
  await bank.nats.restart();
  await eventually(async () => (await commands.get('/readyz')).status === 200, PATIENCE);
  await eventually(() => bank.nc.rtt());
  expect(await eventually(isReleased, PATIENCE)).toMatchObject({ holdId, reason: 'expired' });
  await noTimersAreLeft();
});

test('a timer outlives the service and the server, killed while it runs, and a service that stops', async () => {
  const { holdId, expiresAt } = await placeHold(1_500);
  await commands.process.kill('SIGKILL');
  bank.nats.kill('SIGKILL');
  await bank.nats.exited;
  await bank.nats.restart();
  await eventually(() => Date.now() > expiresAt);
  commands = await bank.startCommand();
  const released = await eventually(isReleased, PATIENCE);
  expect(released).toMatchObject({ holdId, reason: 'expired' });
  await noTimersAreLeft();
  await placeHold(600_000);
  expect(await commands.process.stop()).toEqual({ code: 0, signal: null });
  expect(await timers()).toBe(1);
});
