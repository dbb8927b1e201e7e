import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/await.ts';
import { freeze } from '../support/freeze.ts';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed } from '../support/http.ts';
import { expectSound } from '../support/ledger.ts';
import { metric } from '../support/metrics.ts';
import { startOwnMongo } from '../support/own-mongo.ts';
import type { OwnMongo } from '../support/own-mongo.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';
import { persistently } from '../support/retries.ts';

/** A client that waits longer than this for any answer is left hanging, in milliseconds. */
const ANSWERED_WITHIN_MS = 10_000;

let mongo: OwnMongo;
let bank: Bank;
let commands: BankService;
let queries: BankService;

beforeAll(async () => {
  mongo = await startOwnMongo();
  bank = await startBank({ database: mongo.database });
  [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
});
afterAll(async () => {
  // Also where a test broke off: nothing stops while it is frozen.
  bank.nats.kill('SIGCONT');
  mongo.kill('SIGCONT');
  await bank.stop();
  await mongo.remove();
});

test('nats-server hangs: the outcome is unknown, and the same key finds it out afterwards', async () => {
  const { accountId } = (await commands.create('10.00')).account;
  await freeze(bank.nats);
  const begin = performance.now();
  const first = commands.deposit(accountId, '1.00', keyed('hang-1'));
  await eventually(async () => {
    expect(await metric(commands.url, 'jetbank_open_commands')).toBe(1);
  });
  const answers = await Promise.all([
    first,
    commands.deposit(accountId, '2.00', keyed('hang-2')),
    commands.create('5.00', keyed('hang-3')),
  ]);
  expect(performance.now() - begin).toBeLessThan(ANSWERED_WITHIN_MS);
  // The first was sent to the log; the second waited for it, and the third could not be looked up.
  expect(answers.map(({ problem }) => [problem.status, problem.code])).toEqual([
    [504, 'outcome_unknown'],
    [503, 'unavailable'],
    [503, 'unavailable'],
  ]);
  for (const { headers } of answers) {
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }
  bank.nats.kill('SIGCONT');

  await persistently(() => commands.deposit(accountId, '1.00', keyed('hang-1')));
  const last = await persistently(() => commands.deposit(accountId, '2.00', keyed('hang-2')));
  const created = await persistently(() => commands.create('5.00', keyed('hang-3')));
  expect([last.status, created.status]).toEqual([200, 201]);
  const ledger = await bank.ledger();
  expect(ledger.accounts.get(accountId)!.account).toMatchObject({ balance: 1_300n, version: 3 });
  expect(ledger.accounts.size).toBe(2);
  expectSound(ledger);
}, 40_000);

test('mongod hangs: commands go on, queries are 503 in time, and all is there afterwards', async () => {
  await freeze(mongo);
  const begin = performance.now();
  const { sequence } = (await commands.create('3.00')).account;
  const paths = ['/accounts', '/readyz'];
  const answers = await Promise.all(paths.map((path) => queries.get(path)));
  expect(answers.map(({ status }) => status)).toEqual([503, 503]);
  expect(answers[0]!.problem.code).toBe('unavailable');
  expect(performance.now() - begin).toBeLessThan(ANSWERED_WITHIN_MS);

  mongo.kill('SIGCONT');
  await untilProjected(bank.db, sequence);
  await expectReadModelsOf(bank.db, await bank.ledger());
  expect((await queries.get('/accounts')).status).toBe(200);
}, 40_000);
