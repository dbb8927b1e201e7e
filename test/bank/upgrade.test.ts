import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { accountProjection } from '../../src/projections/account-projection.ts';
import { eventually } from '../support/await.ts';
import { logged, startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed } from '../support/http.ts';
import type { PageBody } from '../support/http.ts';
import { jetbankOk } from '../support/jetbank.ts';
import { expectSound } from '../support/ledger.ts';
import { runNode } from '../support/processes.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';
import { logLength } from '../support/refusals.ts';
import { releaseOfShape, releaseWithout } from '../support/release.ts';
import type { Release } from '../support/release.ts';

const UNKNOWN_SCHEMA = /no schema has the fingerprint [0-9a-f]{16}/;

let previous: Release;
let bank: Bank;

beforeAll(async () => {
  previous = await releaseWithout('MoneyDeposited.v3', 'MoneyWithdrawn.v3');
});
afterAll(() => previous.remove());
beforeEach(async () => {
  bank = await startBank();
});
afterEach(() => bank.stop());

const parkedAccounts = () => bank.db.collection<{ _id: string }>('accounts_parked_v1');

async function statementOf(queries: BankService, accountId: string, minSequence: number) {
  const path = `/accounts/${accountId}/transactions?minSequence=${minSequence}`;
  return ((await queries.get(path)).body as PageBody).items;
}

describe('a query service of the release before', () => {
  test('parks the account that meets an event of the new version; after the upgrade all of it is applied', async () => {
    const older = await bank.start(previous.commandService);
    const olderQueries = await bank.start(previous.queryService);
    const [ada, bob] = await Promise.all(['10.00', '20.00'].map((sum) => older.create(sum)));
    const adaId = ada!.account.accountId;
    const bobId = bob!.account.accountId;
    await older.deposit(adaId, '1.00');
    await older.process.stop();

    const newer = await bank.startCommand();
    const first = await newer.post(`/accounts/${adaId}/deposit`, { amount: 2, reference: 'rent' });
    for (let index = 0; index < 10; index += 1) await newer.withdraw(adaId, '0.50');
    // Others go on: a creation is still of the version that the older release knows.
    const { sequence: last } = (await newer.create('30.00')).account;

    await untilProjected(bank.db, last);
    const parked = await parkedAccounts().find().toArray();
    expect(parked).toMatchObject([{ _id: adaId, sequence: BigInt(first.account.sequence) }]);
    expect(parked[0]).toMatchObject({ error: expect.stringMatching(UNKNOWN_SCHEMA) as string });
    const [told] = await eventually(() => {
      const found = logged(olderQueries.process, 'account parked');
      return found.length > 0 && found;
    });
    expect(told).toMatchObject({ level: 'error', accountId: adaId });
    // What came before shows, and so do the others.
    const shown = (await olderQueries.get(`/accounts/${adaId}`)).account;
    expect(shown).toMatchObject({ balance: '11.00', version: 2 });
    expect((await olderQueries.get(`/accounts/${bobId}`)).account.balance).toBe('20.00');
    await olderQueries.process.stop();

    // The new release does not take the account up by itself, nor what comes in meanwhile.
    const queries = await bank.startQuery();
    const { sequence } = (await newer.deposit(adaId, '4.00')).account;
    await untilProjected(bank.db, sequence);
    expect((await queries.get(`/accounts/${adaId}`)).account.version).toBe(2);

    const retry = runNode(['src/cli/main.ts', 'projections', 'retry-parked'], bank.env);
    expect([await retry.exit, retry.stderr]).toEqual([0, []]);
    expect(retry.stdout).toEqual([`${adaId}: 12 events, applied`, '1 tried, 0 still parked']);
    expect(await parkedAccounts().countDocuments()).toBe(0);
    const ledger = await bank.ledger();
    expectSound(ledger);
    await expectReadModelsOf(bank.db, ledger);
    // And it goes on by itself.
    const next = (await newer.deposit(adaId, '1.00')).account;
    const lines = await statementOf(queries, adaId, next.sequence);
    expect(lines[0]).toMatchObject({ amount: '1.00', balance: '13.00', version: 15 });
    expect(lines.find(({ version }) => version === 3)).toMatchObject({ reference: 'rent' });
    await untilProjected(bank.db, next.sequence);
    await expectReadModelsOf(bank.db, await bank.ledger());
  }, 60_000);

  test('keeps the account parked as long as its own programs retry it', async () => {
    const commands = await bank.startCommand();
    await bank.start(previous.queryService);
    const { accountId } = (await commands.create('10.00')).account;
    const { sequence } = (await commands.deposit(accountId, '1.00')).account;
    await untilProjected(bank.db, sequence);
    const retry = runNode([previous.cli, 'projections', 'retry-parked'], bank.env);
    expect(await retry.exit).toBe(1);
    expect(retry.stdout.join('\n')).toMatch(UNKNOWN_SCHEMA);
    expect(await parkedAccounts().find().toArray()).toMatchObject([
      { _id: accountId, sequence: BigInt(sequence), retrying: false },
    ]);
  }, 30_000);
});

describe('a command service of the release before', () => {
  test('answers 503 where it meets the new version, writes nothing, and serves the others', async () => {
    const older = await bank.start(previous.commandService);
    const newer = await bank.startCommand();
    const accountId = (await older.create('10.00')).account.accountId;
    // Now it has the account in its cache, and learns of the new version from a conflict.
    await older.deposit(accountId, '1.00', keyed('before'));
    await newer.deposit(accountId, '2.00', keyed('after'));
    const unseen = (await newer.create('5.00')).account.accountId;
    await newer.withdraw(unseen, '1.00');
    const before = await logLength(bank);

    const began = performance.now();
    const answers = [
      await older.deposit(accountId, '1.00'),
      await older.withdraw(accountId, '1.00', keyed('new')),
      await older.deposit(accountId, '2.00', keyed('after')),
      await older.deposit(unseen, '1.00'),
      await older.withdraw(unseen, '100.00'),
    ];
    // Not one of them waited for its deadline of five seconds.
    expect(performance.now() - began).toBeLessThan(5_000);
    for (const { problem, headers } of answers) {
      expect(problem).toMatchObject({ status: 503, code: 'unavailable' });
      expect(problem.detail).toMatch(/nothing was done/);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(await logLength(bank)).toBe(before);
    expect(logged(older.process, '"level":"error"')).toEqual([]);
    await eventually(() => logged(older.process, 'cannot be decoded').length > 0);

    expect((await older.create('1.00')).status).toBe(201);
    // The upgraded replica serves it.
    expect((await newer.deposit(accountId, '1.00')).account).toMatchObject({
      balance: '14.00',
      version: 4,
    });
    expectSound(await bank.ledger());
  }, 60_000);
});

describe('read models of the shape of the release before', () => {
  test('are served by it on, while those of this release are built and served', async () => {
    const release = await releaseOfShape(accountProjection.version - 1);
    try {
      const older = await bank.start(release.queryService);
      const commands = await bank.startCommand();
      const { accountId, sequence } = (await commands.create('10.00')).account;
      await untilProjected(bank.db, sequence);
      await jetbankOk(bank.env, 'projections', 'rebuild', 'accounts');
      const newer = await bank.startQuery();
      const next = (await commands.deposit(accountId, '1.00')).account;
      for (const queries of [older, newer]) {
        const answer = await queries.get(`/accounts/${accountId}?minSequence=${next.sequence}`);
        expect(answer.account).toMatchObject({ balance: '11.00', version: 2 });
      }
      await expectReadModelsOf(bank.db, await bank.ledger(), { number: 2, groups: 1 });
    } finally {
      await release.remove();
    }
  }, 60_000);
});
