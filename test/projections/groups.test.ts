import { randomUUID } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STREAM } from '../../src/event-store/jetstream/names.ts';
import { shardOf, SHARDS } from '../../src/event-store/subjects.ts';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed } from '../support/http.ts';
import { historyWriter } from '../support/history.ts';
import type { HistoryWriter } from '../support/history.ts';
import { jetbankOk } from '../support/jetbank.ts';
import { metric } from '../support/metrics.ts';
import { seededRandom } from '../support/random.ts';
import { expectContentsOf } from '../support/read-models.ts';

const GROUPS = 4;
/** The answer to a future sequence: after the query's wait of 2 s, and not much later. */
const WAIT_MS = 2_000;
const TAKEOVER_MS = 10_000;

let bank: Bank;
let commands: BankService;
let queries: BankService[];
let history: HistoryWriter;

beforeAll(async () => {
  bank = await startBank({ env: { PROJECTION_GROUPS: String(GROUPS) } });
  history = await historyWriter(bank.nc, seededRandom('groups'), 100);
  commands = await bank.startCommand();
  queries = await Promise.all([bank.startQuery(), bank.startQuery()]);
});
afterAll(() => bank.stop());

/** The first account of each group: its id is made of the key. */
async function accountsOfEachGroup(): Promise<string[]> {
  const found = new Map<number, string>();
  while (found.size < GROUPS) {
    const { accountId } = (await commands.create('1.00', keyed(randomUUID()))).account;
    found.set(shardOf(accountId) % GROUPS, accountId);
  }
  return [...found.values()];
}

async function allVisible(services: readonly BankService[], sequence: number): Promise<void> {
  const answers = await Promise.all(
    services.map((query) => query.get(`/accounts?limit=1&minSequence=${sequence}`)),
  );
  for (const { status, text } of answers) expect(status, text).toBe(200);
}

test('every group has a consumer with its own shards', async () => {
  const jsm = await jetstreamManager(bank.nc);
  const subjects: string[] = [];
  for (let index = 0; index < GROUPS; index += 1) {
    const { config } = await jsm.consumers.info(STREAM, `accounts-v1-${index}of${GROUPS}`);
    expect(config.filter_subjects?.length).toBe(SHARDS / GROUPS);
    subjects.push(...(config.filter_subjects ?? []));
  }
  const all = Array.from({ length: SHARDS }, (_, shard) => `bank.account.${shard}.>`);
  expect(subjects.sort()).toEqual(all.sort());
});

test('all events arrive', async () => {
  let last = 0;
  for (let batch = 0; batch < 5; batch += 1) last = await history.write(1_000);
  await eventually(() => allVisible(queries, last), { timeoutMs: 20_000 });
  await expectContentsOf(bank.db, (await bank.ledger()).events);
}, 40_000);

test('both replicas let a client read its write, whatever group it is of, and lists wait for all', async () => {
  for (const accountId of await accountsOfEachGroup()) {
    // The other groups have nothing behind this event: they are idle.
    const { sequence } = (await commands.deposit(accountId, '1.00')).account;
    for (const query of queries) {
      const one = await query.get(`/accounts/${accountId}?minSequence=${sequence}`);
      expect(one.account.sequence).toBe(sequence);
    }
    await allVisible(queries, sequence);
    const { body } = await queries[0]!.get(`/proof?minSequence=${sequence}`);
    expect(body).toMatchObject({ sequence, agrees: true, transfers: { compared: true } });
    await eventually(async () => {
      expect(await metric(queries[0]!.url, 'jetbank_projection_build_sequence')).toBe(sequence);
    });
  }
}, 30_000);

test('a write of another group is waited for on a quiet account too', async () => {
  const [quiet, busy] = await accountsOfEachGroup();
  const { sequence } = (await commands.deposit(busy!, '1.00')).account;
  for (const query of queries) {
    const answer = await query.get(`/accounts/${quiet}?minSequence=${sequence}`);
    expect(answer.status, answer.text).toBe(200);
  }
}, 30_000);

test('a future sequence is answered with 503 after the wait', async () => {
  const { lastSequence } = await bank.ledger();
  const begin = performance.now();
  const answers = await Promise.all(
    queries.map((query) => query.get(`/accounts?minSequence=${lastSequence + 1}`)),
  );
  const took = performance.now() - begin;
  for (const answer of answers) {
    expect(answer.problem).toMatchObject({ status: 503, code: 'unavailable' });
    expect(answer.headers.get('retry-after')).toBe('1');
  }
  expect(took).toBeGreaterThanOrEqual(WAIT_MS - 50);
});

test('when a replica is killed, the other one has all groups within ten seconds', async () => {
  const [killed, left] = queries as [BankService, BankService];
  const accountIds = await accountsOfEachGroup();
  await killed.process.kill('SIGKILL');
  const begin = performance.now();
  let last = 0;
  for (const accountId of accountIds) {
    last = (await commands.deposit(accountId, '1.00')).account.sequence;
  }
  await eventually(() => allVisible([left], last), { timeoutMs: TAKEOVER_MS });
  const took = performance.now() - begin;
  console.log(`takeover of ${GROUPS} groups: ${Math.round(took)} ms`);
  expect(took).toBeLessThan(TAKEOVER_MS);
  expect(await jetbankOk(bank.env, 'projections', 'verify')).toContain(' 0 differences');
}, 40_000);
