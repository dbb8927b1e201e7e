import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/await.ts';
import { freeze } from '../support/freeze.ts';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed } from '../support/http.ts';
import type { Answer } from '../support/http.ts';
import { expectSound } from '../support/ledger.ts';
import { metric } from '../support/metrics.ts';
import { persistently } from '../support/retries.ts';
import { p99, timed } from '../support/timed.ts';

/**
 * Small enough to be filled, and overfilled, within a command's 5 seconds also where other work keeps
 * the machine busy.
 */
const WAITING_PER_ACCOUNT = 100;
const OPEN = 200;
const ACCOUNTS = 20;
/** Clients that send one request after another, and what they send in all. */
const CLIENTS = 8;
const REQUESTS = 160;
/** Four batches, each of which would hold up the next one for 2 seconds more. */
const WAITING_LONG = 800;
/** A client that waits longer than this for any answer is left hanging, in milliseconds. */
const ANSWERED_WITHIN_MS = 11_000;
const LARGEST_LAG_S = 1;
const LARGEST_GROWTH_BYTES = 128 * 1024 * 1024;

/** What a refusal may take where a deposit at rest takes so long, in milliseconds: machines are noisy. */
const slowestRefusal = (idle: number) => 3 * idle + 100;

let bank: Bank;
let commands: BankService;
let accountIds: string[];

beforeAll(async () => {
  bank = await startBank();
  commands = await bank.startCommand({
    MAX_WAITING_PER_ACCOUNT: String(WAITING_PER_ACCOUNT),
    MAX_OPEN_COMMANDS: String(OPEN),
  });
  const opened = Array.from({ length: ACCOUNTS }, () => commands.create('0.00'));
  accountIds = (await Promise.all(opened)).map(({ account }) => account.accountId);
});
// Also where a test broke off: nothing stops while it is frozen.
afterEach(() => bank.nats.kill('SIGCONT'));
afterAll(() => bank.stop());

const accountAt = (index: number) => accountIds[index % ACCOUNTS]!;

/** A command that can be sent again, and will say by its key whether it is in the log. */
interface Keyed {
  readonly key: string;
  readonly send: () => Promise<Answer>;
}

const depositOn = (accountId: string, key: string): Keyed => ({
  key,
  send: () => commands.deposit(accountId, '1.00', keyed(key)),
});

/** Every second one opens an account, which no queue of an account holds back. */
const spread = (index: number, key: string): Keyed =>
  index % 2 === 0
    ? depositOn(accountAt(index), key)
    : { key, send: () => commands.create('1.00', keyed(key)) };

const openCommands = () => metric(commands.url, 'jetbank_open_commands');

/** Sends as many commands as the service takes: first all that one account may have, then others. */
async function fillUp() {
  const hot = Array.from({ length: WAITING_PER_ACCOUNT + 1 }, (_, index) =>
    depositOn(accountAt(0), `hot-${index}`),
  );
  const hotAnswers = hot.map(({ send }) => send());
  await eventually(async () => expect(await openCommands()).toBe(hot.length));
  expectOverloaded(await commands.deposit(accountAt(0), '1.00'));
  const others = Array.from({ length: OPEN - hot.length }, (_, index) =>
    spread(1 + (index % (ACCOUNTS - 1)), `other-${index}`),
  );
  const otherAnswers = others.map(({ send }) => send());
  await eventually(async () => expect(await openCommands()).toBe(OPEN));
  const answers = Promise.all([...hotAnswers, ...otherAnswers]);
  return { taken: [...hot, ...others], answers };
}

function expectOverloaded({ problem, headers }: Answer): void {
  expect(problem).toMatchObject({ status: 503, code: 'overloaded' });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
}

/** What was answered with success is in the log, what was refused is not, and nothing is twice. */
async function expectInLog(sent: readonly Keyed[], answers: readonly Answer[]): Promise<void> {
  const ledger = await bank.ledger();
  expectSound(ledger);
  const versions = new Map(ledger.events.map(({ event }) => [event.commandId, event.version]));
  sent.forEach(({ key }, index) => {
    const answer = answers[index]!;
    if (answer.status < 300) expect(versions.get(key), key).toBe(answer.account.version);
    else if (answer.status !== 504) expect(versions.get(key), answer.text).toBeUndefined();
  });
}

test('what is too much is refused at once, and all goes on when the log is back', async () => {
  const idle = await timed(CLIENTS, REQUESTS, (index) =>
    commands.deposit(accountAt(index), '1.00'),
  );
  for (const { answer } of idle) expect(answer.status).toBe(200);
  const memoryBefore = await metric(commands.url, 'process_resident_memory_bytes');

  await freeze(bank.nats);
  const { taken, answers } = await fillUp();
  const surplus = Array.from({ length: REQUESTS }, (_, index) => spread(index, `surplus-${index}`));
  const [refused, healthy] = await Promise.all([
    timed(CLIENTS, REQUESTS, (index) => surplus[index]!.send()),
    timed(1, REQUESTS / CLIENTS, () => commands.get('/healthz')),
  ]);
  // The lag since the metrics were read before, which was when the last queue was full.
  const lag = await metric(commands.url, 'nodejs_eventloop_lag_max_seconds');
  const memory = await metric(commands.url, 'process_resident_memory_bytes');
  expect(await openCommands()).toBe(OPEN);
  bank.nats.kill('SIGCONT');

  const growth = memory - memoryBefore;
  const times = { idle: p99(idle), refused: p99(refused), healthz: p99(healthy) };
  console.log('p99 in ms, lag in s, growth in bytes:', { ...times, lag, growth });
  for (const { answer } of refused) expectOverloaded(answer);
  for (const { answer } of healthy) expect(answer.status).toBe(200);
  expect(times.refused).toBeLessThan(slowestRefusal(times.idle));
  expect(times.healthz).toBeLessThan(slowestRefusal(times.idle));
  expect(lag).toBeLessThan(LARGEST_LAG_S);
  expect(growth).toBeLessThan(LARGEST_GROWTH_BYTES);

  for (const { status, text } of await answers)
    expect([200, 201, 503, 504], text).toContain(status);
  await expectInLog(taken, await answers);
  await expectInLog(
    surplus,
    refused.map(({ answer }) => answer),
  );
  await eventually(async () => expect(await openCommands()).toBe(0));
  expect((await commands.deposit(accountAt(0), '1.00')).status).toBe(200);
}, 60_000);

test('what waits for a log that stays away is given up in time, and can be sent again', async () => {
  const patient = await bank.startCommand();
  const { accountId } = (await patient.create('0.00')).account;
  const sent = Array.from({ length: WAITING_LONG }, (_, index) => {
    const key = keyed(`long-${index}`);
    return { key: `long-${index}`, send: () => patient.deposit(accountId, '1.00', key) };
  });
  await freeze(bank.nats);
  const told = await timed(WAITING_LONG, WAITING_LONG, (index) => sent[index]!.send());
  bank.nats.kill('SIGCONT');
  for (const { answer, milliseconds } of told) {
    expect(milliseconds).toBeLessThan(ANSWERED_WITHIN_MS);
    expect(['unavailable', 'outcome_unknown']).toContain(answer.problem.code);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect(new Set(told.map(({ answer }) => answer.status))).toEqual(new Set([503, 504]));

  const again = await timed(CLIENTS, sent.length, (index) => persistently(sent[index]!.send));
  const answered = again.map(({ answer }) => answer);
  for (const { status, text } of answered) expect(status, text).toBe(200);
  await expectInLog(sent, answered);
}, 60_000);
