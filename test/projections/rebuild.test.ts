import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STREAM } from '../../src/event-store/jetstream/names.ts';
import { startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { jetbank, jetbankOk } from '../support/jetbank.ts';
import { expectReadModelsOf, liveBuildOf } from '../support/read-models.ts';
import { steadyQueries } from '../support/steady-queries.ts';

let bank: Bank;
let commands: BankService;
let queries: BankService[];

beforeAll(async () => {
  bank = await startBank();
  commands = await bank.startCommand();
  queries = await Promise.all([bank.startQuery(), bank.startQuery()]);
});
afterAll(() => bank.stop());

const rebuild = (...flags: string[]) =>
  jetbankOk(bank.env, 'projections', 'rebuild', 'accounts', ...flags);

/** Both replicas show the write to who waits for it, for its account and in the list of all. */
async function expectVisible(accountId: string, sequence: number): Promise<void> {
  for (const query of queries) {
    const one = await query.get(`/accounts/${accountId}?minSequence=${sequence}`);
    expect(one.account.sequence).toBe(sequence);
    const all = await query.get(`/accounts?limit=100&minSequence=${sequence}`);
    expect(all.status, all.text).toBe(200);
    const { items } = all.body as { items: { accountId: string; sequence: number }[] };
    expect(items.find((item) => item.accountId === accountId)?.sequence).toBe(sequence);
  }
}

/** What NATS and MongoDB hold of builds, by their ids. */
async function leftOf(): Promise<{ consumers: string[]; collections: string[]; points: string[] }> {
  const jsm = await jetstreamManager(bank.nc);
  const consumers: string[] = [];
  for await (const { name } of jsm.consumers.list(STREAM)) consumers.push(name);
  const collections = (await bank.db.listCollections().toArray()).map(({ name }) => name);
  const points = await bank.db.collection<{ _id: string }>('checkpoints').find().toArray();
  return {
    consumers: consumers.sort(),
    collections: collections.filter((name) => /^(accounts|transactions)_v/.test(name)).sort(),
    points: points.map(({ _id }) => _id).sort(),
  };
}

describe('a rebuild', () => {
  test('of an empty log, and of one with a single event', async () => {
    expect(await rebuild()).toContain('build 2 of accounts is live');
    const { accountId, sequence } = (await commands.create('1.00')).account;
    await expectVisible(accountId, sequence);
    expect(await rebuild('--verify')).toContain('build 3 of accounts is live');
    await expectVisible(accountId, sequence);
    await expectReadModelsOf(bank.db, await bank.ledger(), await liveBuildOf(bank.db));
  }, 60_000);

  test('removes the build before last: consumers, collections and checkpoints', async () => {
    expect(await leftOf()).toEqual({
      consumers: ['accounts-v2', 'accounts-v3'],
      collections: ['accounts_v2', 'accounts_v3', 'transactions_v2', 'transactions_v3'],
      points: ['accounts-v2', 'accounts-v3'],
    });
  });

  test('under way changes nothing for queries while commands go on', async () => {
    const { account } = await commands.create('1000.00');
    const { accountId } = account;
    const other = (await commands.create('5.00')).account.accountId;
    let { sequence } = account;
    const steady = steadyQueries(queries, () => `/accounts/${accountId}?minSequence=${sequence}`);
    const abort = new AbortController();
    const depositing = (async () => {
      while (!abort.signal.aborted) {
        ({ sequence } = (await commands.deposit(accountId, '0.01')).account);
        await commands.deposit(other, '0.02');
      }
    })();
    await rebuild('--groups', '4', '--verify');
    abort.abort();
    await depositing;
    await expectVisible(accountId, sequence);
    const { sent, failures } = await steady.stop();
    expect(failures).toEqual([]);
    expect(sent).toBeGreaterThan(100);
    expect(await liveBuildOf(bank.db)).toMatchObject({ number: 4, groups: 4 });
    expect(await jetbankOk(bank.env, 'projections', 'verify')).toContain(' 0 differences');
  }, 90_000);

  test('keeps the groups it finds, and goes back to one when told so', async () => {
    await rebuild('--groups', '1');
    const { accountId, sequence } = (await commands.create('7.00')).account;
    await expectVisible(accountId, sequence);
    expect(await liveBuildOf(bank.db)).toMatchObject({ number: 5, groups: 1 });
    await expectReadModelsOf(bank.db, await bank.ledger(), { number: 5, groups: 1 });
  }, 60_000);
});

test('a roll-back goes back to the build before, and forward again, without a stale answer', async () => {
  for (const number of [4, 5]) {
    const { accountId, sequence } = (await commands.create('3.00')).account;
    expect(await rebuild('--rollback')).toContain(`build ${number} of accounts is live`);
    await expectVisible(accountId, sequence);
    const next = (await commands.deposit(accountId, '1.00')).account;
    await expectVisible(accountId, next.sequence);
    expect(await jetbankOk(bank.env, 'projections', 'verify')).toContain(' 0 differences');
  }
}, 60_000);

test('the first build has none before it to go back to', async () => {
  const other = await startBank();
  try {
    await other.startQuery();
    const result = await jetbank(other.env, 'projections', 'rebuild', 'accounts', '--rollback');
    expect(result).toMatchObject({
      exit: 1,
      stderr: 'jetbank: there is no build before the live one to go back to',
    });
  } finally {
    await other.stop();
  }
}, 40_000);
