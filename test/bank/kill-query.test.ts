import { jetstreamManager } from '@nats-io/jetstream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { STREAM } from '../../src/event-store/jetstream/names.ts';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { historyWriter } from '../support/history.ts';
import { seededRandom } from '../support/random.ts';
import { checkpointOf, expectReadModelsOf, untilProjected } from '../support/read-models.ts';

const CONSUMER = 'accounts-v1';
const ACCOUNTS = 400;
const EVENTS = 10_000;
const KILLS = 2;
const EVENTS_A_ROUND = 4_900;
const EVENTS_A_BATCH = 100;

let bank: Bank;

beforeEach(async () => {
  bank = await startBank();
});
afterEach(() => bank.stop());

test('killed with SIGKILL again and again in the middle of 10,000 events, it ends with what the log says', async () => {
  const random = seededRandom('kill-query');
  const history = await historyWriter(bank.nc, random, ACCOUNTS);
  let last = 0;
  const writeRound = async () => {
    for (let written = EVENTS_A_BATCH; written < EVENTS_A_ROUND; written += EVENTS_A_BATCH) {
      last = await history.write(EVENTS_A_BATCH);
    }
  };
  for (let round = 0; round < KILLS; round += 1) {
    const query = await bank.startQuery();
    const writing = writeRound();
    const killAt = BigInt(round * EVENTS_A_ROUND + random.below(EVENTS_A_ROUND / 2));
    await eventually(async () => ((await checkpointOf(bank.db)) ?? 0n) > killAt, {
      timeoutMs: 15_000,
      what: `the projection beyond ${killAt}`,
    });
    await query.process.kill('SIGKILL');
    await writing;
    // However quick it was: these come after its end.
    last = await history.write(EVENTS_A_BATCH);
    expect(Number(await checkpointOf(bank.db))).toBeLessThan(last);
  }
  // So few that most accounts have no event behind those that were on their way when it was killed.
  last = await history.write(EVENTS - KILLS * EVENTS_A_ROUND);
  await bank.startQuery();
  await untilProjected(bank.db, last);

  const ledger = await bank.ledger();
  expect(ledger.events.length).toBe(EVENTS);
  await expectReadModelsOf(bank.db, ledger);
}, 90_000);

test('an event that was delivered to a killed service is not lost when others come first', async () => {
  const commands = await bank.startCommand();
  const query = await bank.startQuery();
  const { sequence } = (await commands.create('1.00')).account;
  await untilProjected(bank.db, sequence);

  // The frozen process gets the second account's event, and never works on it.
  process.kill(query.process.pid, 'SIGSTOP');
  await commands.create('2.00');
  await eventually(async () => expect(await delivered()).toBe(sequence + 1));
  await query.process.kill('SIGKILL');
  const third = (await commands.create('3.00')).account;
  await bank.startQuery();
  await untilProjected(bank.db, third.sequence);
  await expectReadModelsOf(bank.db, await bank.ledger());
}, 60_000);

/** Stream sequence of the last event that was given to any projector. */
async function delivered(): Promise<number> {
  const jsm = await jetstreamManager(bank.nc);
  return (await jsm.consumers.info(STREAM, CONSUMER)).delivered.stream_seq;
}
