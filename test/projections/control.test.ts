import { afterEach, beforeEach, expect, test } from 'vitest';
import { accountProjection } from '../../src/projections/account-projection.ts';
import { eventually } from '../support/await.ts';
import { logged, QUERY_SERVICE, startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { bankClient } from '../support/http.ts';
import { jetbankOk } from '../support/jetbank.ts';
import { startService } from '../support/process.ts';
import { checkpointOf, expectReadModelsOf, untilProjected } from '../support/read-models.ts';

interface Control {
  readonly _id: string;
  readonly live: number;
  readonly previous: number | null;
  readonly builds: readonly object[];
}

const OTHER_SHAPE = accountProjection.version + 1;

let bank: Bank;
let commands: BankService;

beforeEach(async () => {
  bank = await startBank();
  commands = await bank.startCommand();
});
afterEach(() => bank.stop());

const projections = (...args: string[]) => jetbankOk(bank.env, 'projections', ...args);

async function untilAnsweredFrom(query: BankService, number: number): Promise<void> {
  const builds = () => logged(query.process, 'answered from this build');
  await eventually(() => builds().at(-1)?.['number'] === number);
}

async function untilPaused(query: BankService): Promise<void> {
  await eventually(() => logged(query.process, 'projecting paused').at(-1)?.['paused'] === true);
}

test('paused services write nothing, also those started meanwhile; queries go on; resume catches up', async () => {
  const query = await bank.startQuery();
  const { accountId, sequence } = (await commands.create('1.00')).account;
  await untilProjected(bank.db, sequence);
  await projections('pause', 'accounts');
  await untilPaused(query);
  const { sequence: last } = (await commands.deposit(accountId, '1.00')).account;

  const second = await bank.startQuery();
  await untilPaused(second);
  for (const service of [query, second]) {
    expect((await service.get(`/accounts/${accountId}`)).account.balance).toBe('1.00');
    // It waits for two seconds, in which a worker would have written.
    const waited = await service.get(`/accounts/${accountId}?minSequence=${last}`);
    expect(waited.problem.code).toBe('unavailable');
    expect((await service.get('/readyz')).text).toContain('paused by an operator');
  }
  expect(Number(await checkpointOf(bank.db))).toBe(sequence);
  expect(await projections('status')).toContain('accounts (paused)');

  await projections('resume', 'accounts');
  await untilProjected(bank.db, last);
  for (const service of [query, second]) {
    const shown = await service.get(`/accounts/${accountId}?minSequence=${last}`);
    expect(shown.account.balance).toBe('2.00');
  }
  await expectReadModelsOf(bank.db, await bank.ledger());
}, 60_000);

test('while a build of another shape is live, the one before it is served and fed', async () => {
  const query = await bank.startQuery();
  const { accountId, sequence } = (await commands.create('1.00')).account;
  await untilProjected(bank.db, sequence);
  await projections('rebuild', 'accounts');
  await untilAnsweredFrom(query, 2);
  // As the next release's rebuild leaves it.
  const control = bank.db.collection<Control>('projections');
  await control.updateOne(
    { _id: 'accounts' },
    { $set: { 'builds.$[fresh].shape': OTHER_SHAPE } },
    { arrayFilters: [{ 'fresh.number': 2 }] },
  );
  await untilAnsweredFrom(query, 1);
  const { sequence: last } = (await commands.deposit(accountId, '1.00')).account;
  const shown = await query.get(`/accounts/${accountId}?minSequence=${last}`);
  expect(shown.account.balance).toBe('2.00');
  await expectReadModelsOf(bank.db, await bank.ledger());
  expect(Number(await checkpointOf(bank.db, { number: 2, groups: 1 }))).toBeLessThan(last);
}, 60_000);

test('where no build has this release’s shape, /readyz says what to do, and a rebuild does it', async () => {
  const foreign = { projection: 'accounts', number: 7, shape: OTHER_SHAPE, groups: 1 };
  const control = bank.db.collection<Control & { readonly paused: boolean }>('projections');
  const document = { _id: 'accounts', live: 7, previous: null, paused: false, builds: [foreign] };
  await control.insertOne(document);
  const service = await startService(QUERY_SERVICE, bank.env);
  try {
    const query = bankClient(await service.listening());
    await eventually(async () => {
      const { status, text } = await query.get('/readyz');
      expect(status).toBe(503);
      const shape = accountProjection.version;
      expect(text).toContain(`no build of the projection accounts has the shape ${shape}`);
      expect(text).toContain('jetbank projections rebuild accounts');
    });
    const told = () => logged(service, 'which build is live cannot be followed');
    await eventually(() => told().length === 1);
    const { accountId, sequence } = (await commands.create('1.00')).account;
    expect((await query.get(`/accounts/${accountId}`)).problem.code).toBe('unavailable');
    await projections('rebuild', 'accounts');
    await service.ready();
    const shown = await query.get(`/accounts/${accountId}?minSequence=${sequence}`);
    expect(shown.account.balance).toBe('1.00');
    // Not once every look.
    expect(told().length).toBe(1);
  } finally {
    await service.stop();
  }
}, 60_000);
