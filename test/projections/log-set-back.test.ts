import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STREAM } from '../../src/event-store/jetstream/names.ts';
import { provisionStreams } from '../../src/event-store/jetstream/provision.ts';
import { eventually } from '../support/await.ts';
import { QUERY_SERVICE, startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import { bankClient } from '../support/http.ts';
import { jetbank, jetbankOk } from '../support/jetbank.ts';
import { startService } from '../support/process.ts';
import { seededRandom } from '../support/random.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';

let bank: Bank;
let running: BankService;
let last: number;

const AHEAD = 500;
const MESSAGE = new RegExp(
  `accounts-v1 is at stream sequence ${AHEAD}, but ACCOUNTS ends at \\d+: the log was set back`,
);

beforeAll(async () => {
  bank = await startBank();
  const before = await historyWriter(bank.nc, seededRandom('log-set-back'), 50);
  await before.write(AHEAD);
  running = await bank.startQuery();
  await untilProjected(bank.db, AHEAD);

  const jsm = await jetstreamManager(bank.nc);
  await jsm.streams.delete(STREAM);
  await eventually(async () => {
    const made = await provisionStreams(jsm, { create: true, replicas: 1 });
    return made.every(({ info }) => info.state.last_seq === 0);
  });
  const after = await historyWriter(bank.nc, seededRandom('log-set-back again'), 20);
  last = await after.write(100);
});
afterAll(() => bank.stop());

test('a service at work sees it, and /readyz says what to do', async () => {
  await eventually(
    async () => {
      const { status, text } = await running.get('/readyz');
      expect(status).toBe(503);
      expect(text).toMatch(MESSAGE);
      expect(text).toContain('jetbank projections rebuild accounts');
    },
    { timeoutMs: 15_000 },
  );
}, 30_000);

test('so does one that is started', async () => {
  const service = await startService(QUERY_SERVICE, bank.env);
  try {
    const { get } = bankClient(await service.listening());
    await eventually(async () => expect((await get('/readyz')).text).toMatch(MESSAGE));
  } finally {
    await service.stop();
  }
}, 30_000);

test('a rebuild makes them anew, and no roll-back leads to the old ones', async () => {
  await jetbankOk(bank.env, 'projections', 'rebuild', 'accounts');
  await eventually(async () => expect((await running.get('/readyz')).status).toBe(200), {
    timeoutMs: 15_000,
  });
  await expectReadModelsOf(bank.db, await bank.ledger(), { number: 2, groups: 1 });
  const shown = await running.get(`/accounts?minSequence=${last}`);
  expect(shown.status, shown.text).toBe(200);
  const back = await jetbank(bank.env, 'projections', 'rebuild', 'accounts', '--rollback');
  expect(back.exit).toBe(1);
  expect(back.stderr).toMatch(MESSAGE);
}, 60_000);
