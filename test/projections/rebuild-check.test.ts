import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jetStreamReader } from '../../src/event-store/jetstream/jetstream-event-store.ts';
import { accountProjection } from '../../src/projections/account-projection.ts';
import type { AccountDocument } from '../../src/projections/accounts.ts';
import { controlStore } from '../../src/projections/control.ts';
import { rebuild } from '../../src/projections/rebuild.ts';
import type { RebuildOptions } from '../../src/projections/rebuild.ts';
import { verifyBuild } from '../../src/projections/verify.ts';
import { startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import { seededRandom } from '../support/random.ts';
import { untilProjected } from '../support/read-models.ts';

const EVENTS = 500;
const ignored = () => undefined;

let bank: Bank;

beforeAll(async () => {
  bank = await startBank();
  const history = await historyWriter(bank.nc, seededRandom('rebuild-check'), 50);
  await history.write(EVENTS);
  await bank.startQuery();
  await untilProjected(bank.db, EVENTS);
});
afterAll(() => bank.stop());

test('a build that is not what the log says is not made the live one', async () => {
  const jsm = await jetstreamManager(bank.nc, { checkAPI: false });
  const { db, nc } = bank;
  const events = jetStreamReader(jsm);
  const projection = accountProjection;
  const options: RebuildOptions<AccountDocument> = {
    projection,
    db,
    nc,
    js: jetstream(nc),
    jsm,
    events,
    provision: true,
    signal: new AbortController().signal,
    observer: () => ({
      started: ignored,
      healing: ignored,
      wrote: ignored,
      pending: ignored,
      parked: ignored,
      failed: ignored,
    }),
    report: { step: ignored, replayed: ignored },
    async check(build) {
      const { _id } = (await db.collection<{ _id: string }>('transactions_v2').findOne({}))!;
      await db.collection<{ _id: string }>('transactions_v2').deleteOne({ _id });
      const positions = { of: () => EVENTS, furthest: EVENTS };
      const comparing = { projection, db, events, build, positions };
      const { differences } = await verifyBuild(comparing);
      expect(differences).toMatchObject([{ id: _id, detail: 'is missing' }]);
      return `${differences.length} differences`;
    },
  };
  await expect(rebuild(options)).rejects.toMatchObject({
    name: 'RebuildError',
    message: '1 differences',
  });
  const control = await controlStore(db, projection.name).read();
  expect(control).toMatchObject({ live: 1, previous: null });
}, 30_000);
