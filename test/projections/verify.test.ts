import { Long } from 'mongodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import { jetbank, jetbankOk } from '../support/jetbank.ts';
import { seededRandom } from '../support/random.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';

interface Stored {
  readonly _id: string;
  readonly accountId: string;
  readonly sequence: bigint;
}

let bank: Bank;

beforeAll(async () => {
  bank = await startBank();
  const history = await historyWriter(bank.nc, seededRandom('verify'), 50);
  await history.write(1_000);
  const last = await history.write(1_000);
  await bank.startQuery();
  await untilProjected(bank.db, last);
});
afterAll(() => bank.stop());

const STRAY = '00000000-0000-4000-8000-000000000000';

test('a read model that is as the log says has no differences', async () => {
  expect(await jetbankOk(bank.env, 'projections', 'verify')).toMatch(
    /^build 1: 50 accounts and \d+ lines compared, 0 differences$/,
  );
});

test('damage is found where it is, and a rebuild mends it', async () => {
  const accounts = bank.db.collection<Stored>('accounts_v1');
  const lines = bank.db.collection<Stored>('transactions_v1');
  const [changed, copied] = await accounts.find().sort({ _id: 1 }).limit(2).toArray();
  const deleted = await lines.findOne({}, { sort: { sequence: 1 }, skip: 100 });
  await accounts.updateOne({ _id: changed!._id }, { $set: { balance: Long.fromNumber(1) } });
  await lines.deleteOne({ _id: deleted!._id });
  await accounts.insertOne({ ...copied!, _id: STRAY });
  await lines.insertOne({ ...deleted!, _id: `${STRAY}:1` });

  const expected = [
    { collection: 'accounts_v1', id: changed!._id, sequence: Number(changed!.sequence) },
    { collection: 'transactions_v1', id: deleted!._id, sequence: Number(deleted!.sequence) },
    { collection: 'accounts_v1', id: STRAY, sequence: Number(copied!.sequence) },
    { collection: 'transactions_v1', id: `${STRAY}:1`, detail: 'is of no event of the log' },
  ];
  const json = await jetbank(bank.env, 'projections', 'verify', '--json');
  expect(json.exit).toBe(1);
  const { differences } = JSON.parse(json.stdout) as { differences: { id: string }[] };
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  expect(differences.toSorted(byId)).toMatchObject(expected.toSorted(byId));

  const told = await jetbank(bank.env, 'projections', 'verify');
  expect(told.exit).toBe(1);
  for (const { collection, id } of expected) {
    expect(told.stdout).toMatch(
      new RegExp(`stream sequence \\d+: ${collection} ${RegExp.escape(id)} `),
    );
  }
  expect(told.stdout).toContain('4 differences');

  await jetbankOk(bank.env, 'projections', 'rebuild', 'accounts');
  await expectReadModelsOf(bank.db, await bank.ledger(), { number: 2, groups: 1 });
  expect(await jetbankOk(bank.env, 'projections', 'verify')).toContain('0 differences');
}, 60_000);
