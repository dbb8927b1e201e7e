import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { jetStreamReader } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import { accountProjection } from '../../src/projections/account-projection.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import { controlStore } from '../../src/projections/control.ts';
import { rebuild, rollBack } from '../../src/projections/rebuild.ts';
import type { RebuildOptions } from '../../src/projections/rebuild.ts';
import { removeUnfinished } from '../../src/projections/remove-unfinished.ts';
import { removeBuild } from '../../src/projections/remove-build.ts';
import { startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import { jetbank } from '../support/jetbank.ts';
import { seededRandom } from '../support/random.ts';

const ignored = () => undefined;
const OBSERVER = {
  ...{ started: ignored, healing: ignored, wrote: ignored },
  ...{ pending: ignored, parked: ignored, failed: ignored },
};
const buildOf = (number: number) => ({
  ...{ projection: 'accounts', number, shape: accountProjection.version, groups: 1 },
});

let bank: Bank;
let mongo: MongoClient;
let options: RebuildOptions<AccountDocument>;
/** What MongoDB was told to remove, in order. */
let removals: string[];

beforeAll(async () => {
  bank = await startBank();
  const history = await historyWriter(bank.nc, seededRandom('remove-build'), 10);
  await history.write(100);
  mongo = new MongoClient(bank.env['MONGO_URI'] ?? '', {
    monitorCommands: true,
    useBigInt64: true,
  });
  mongo.on('commandStarted', ({ commandName, command }) => {
    if (['drop', 'delete'].includes(commandName)) removals.push(String(command[commandName]));
  });
  const jsm = await jetstreamManager(bank.nc, { checkAPI: false });
  options = {
    ...{ projection: accountProjection, db: mongo.db(), nc: bank.nc, js: jetstream(bank.nc), jsm },
    ...{ events: jetStreamReader(jsm), provision: true, observer: () => OBSERVER },
    check: () => Promise.resolve(undefined),
    report: { step: ignored, replayed: ignored },
    signal: new AbortController().signal,
  };
});
afterAll(async () => {
  await mongo.close();
  await bank.stop();
});
beforeEach(() => {
  removals = [];
});

const control = () => controlStore(mongo.db(), 'accounts');

/** A build that the control document knows, and nothing else. */
async function addNext() {
  const build = buildOf((await control().read())!.lastNumber + 1);
  await control().addBuild(build);
  return build;
}

async function leftOf(number: number): Promise<string[]> {
  const collections = await mongo.db().listCollections().toArray();
  const checkpoints = await mongo.db().collection('checkpoints').find().toArray();
  const names = [
    ...collections.map(({ name }) => name),
    ...checkpoints.map(({ _id }) => String(_id)),
  ];
  return names.filter((name) => name.includes(`_v${number}`) || name.includes(`-v${number}`));
}

test('a build that is removed while it is checked is not made the live one, and nothing of it stays', async () => {
  const check = async () => {
    await removeUnfinished(options);
    return undefined;
  };
  await expect(rebuild({ ...options, check })).rejects.toThrow(
    'build 2 was removed meanwhile: somebody abandoned it',
  );
  expect(await control().read()).toMatchObject({ live: 1, builds: [{ number: 1 }] });
  expect(await leftOf(2)).toEqual([]);
});

test('nor is another one in its place that was begun meanwhile: no number is given twice', async () => {
  const begun: number[] = [];
  const check = async () => {
    await removeUnfinished(options);
    const breakOff = ({ number }: { readonly number: number }) => {
      begun.push(number);
      return Promise.reject(new Error('broken off'));
    };
    await expect(rebuild({ ...options, check: breakOff })).rejects.toThrow('broken off');
    return undefined;
  };
  await expect(rebuild({ ...options, check })).rejects.toThrow('was removed meanwhile');
  const { live, builds } = (await control().read())!;
  expect([live, builds.map(({ number }) => number)]).toEqual([1, [1, ...begun]]);
  // Not even where it was found out before.
  await removeUnfinished(options);
  for (const number of begun) await control().addBuild(buildOf(number));
  expect((await control().read())!.builds).toMatchObject([{ number: 1 }]);
});

test('checkpoints go after the data, so that none is left to claim what is not there', async () => {
  const build = await addNext();
  await removeBuild(options, build);
  const names = ['accounts_parked', 'accounts', 'transactions'];
  expect(removals).toEqual([...names.map((name) => `${name}_v${build.number}`), 'checkpoints']);
});

test('what is being removed is not made the live one, and what is live is not removed', async () => {
  const { number } = await addNext();
  expect(await control().beginRemoval(number)).toBe(true);
  expect(await control().flip(1, number)).toBe(false);
  expect(await control().beginRemoval(1)).toBe(false);
  await expect(removeBuild(options, buildOf(1))).rejects.toThrow('build 1 is live');
  expect(removals).toEqual([]);
  // A rebuild does not take it up: half of it may be gone.
  const steps: string[] = [];
  const report = { step: (what: string) => void steps.push(what), replayed: ignored };
  await rebuild({ ...options, report });
  expect(steps[0]).toBe(`removing build ${number}, which was broken off`);
  expect(await control().read()).toMatchObject({ live: number + 1, previous: 1 });
});

test('one that is broken off while it is checked is not made the live one', async () => {
  const abort = new AbortController();
  const check = () => {
    abort.abort(new Error('broken off'));
    return Promise.resolve(undefined);
  };
  const before = await control().read();
  await expect(rebuild({ ...options, check, signal: abort.signal })).rejects.toThrow('broken off');
  await expect(rollBack({ ...options, signal: abort.signal })).rejects.toThrow('broken off');
  expect(await control().read()).toMatchObject({ live: before?.live, previous: before?.previous });
  await removeUnfinished(options);
});

test('a build of another shape is neither written, by a roll-back or a retry, nor compared', async () => {
  const other = accountProjection.version - 1;
  const known = (await control().read())!;
  const setShape = (shape: number) =>
    mongo
      .db()
      .collection<{ _id: string }>('projections')
      .updateOne({ _id: 'accounts' }, { $set: { 'builds.$[].shape': shape } });
  await setShape(other);
  const why =
    `has the shape ${other}, and this release writes the shape ${other + 1}: ` +
    'use the jetbank command of the release that made the build';
  await expect(rollBack(options)).rejects.toThrow(`build ${known.previous} ${why}`);
  const retry = await jetbank(bank.env, 'projections', 'retry-parked');
  expect([retry.exit, retry.stderr]).toEqual([1, `jetbank: build ${known.live} ${why}`]);
  const compared = await jetbank(bank.env, 'projections', 'verify');
  expect([compared.exit, compared.stderr]).toEqual([1, `jetbank: build ${known.live} ${why}`]);
  const { exit, stdout } = await jetbank(bank.env, 'verify');
  expect(exit).toBe(1);
  expect(stdout).toContain(`build ${known.live} ${why}`);
  await setShape(accountProjection.version);

  // While both releases run, this one's services answer from the build before.
  await mongo
    .db()
    .collection<{ _id: string }>('projections')
    .updateOne(
      { _id: 'accounts', 'builds.number': known.live },
      { $set: { 'builds.$.shape': other } },
    );
  const retried = await jetbank(bank.env, 'projections', 'retry-parked');
  expect([retried.exit, retried.stdout]).toEqual([0, '0 tried, 0 still parked']);
  await setShape(accountProjection.version);
});
