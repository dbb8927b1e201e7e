import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCommandService } from '../../src/account-cmd/command-service.ts';
import { runHoldExpiry } from '../../src/account-cmd/hold-expiry.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { eventually } from '../support/await.ts';
import { create, decimal, requestOf } from '../support/command-requests.ts';
import { freshStreams, storesOn } from '../support/jetstream-stores.ts';
import { readLedger } from '../support/ledger.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';
import { seededRandom } from '../support/random.ts';

const RACES = 200;
/** Within so many milliseconds of a hold's end somebody tries to capture it. */
const WINDOW_MS = 1_500;
/** From the first hold that is placed to the first that ends, in milliseconds. */
const LEAD_MS = 3_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

let nats: TestNats;
let nc: NatsConnection;

beforeAll(async () => {
  nats = await startTestNats();
  nc = await connect({ servers: nats.url });
  await freshStreams(nc);
});
afterAll(async () => {
  await nc.close();
  await nats.remove();
});

test('the timer of an account that cannot be read is set anew for later, and is not pending till then', async () => {
  const { timers } = await storesOn(nc);
  const jsm = await jetstreamManager(nc);
  const stop = new AbortController();
  const worker = runHoldExpiry({
    js: jetstream(nc),
    jsm,
    provision: true,
    commands: { execute: () => Promise.resolve({ kind: 'failed' }) },
    timers,
    log: createLogger('test', 'silent'),
    signal: stop.signal,
  });
  const begin = Date.now();
  const expiresAt = begin - 2 * MINUTE_MS;
  const timer = { accountId: randomUUID(), holdId: randomUUID(), expiresAt };
  await timers.schedule(timer);
  const subject = `bank.timer.hold.${timer.accountId}.${timer.holdId}.${expiresAt}`;
  const isSetFor = async () => {
    const found = await jsm.streams.getMessage('ACCOUNT_TIMERS', { last_by_subj: subject });
    return found && Date.parse(found.header.get('Nats-Schedule').replace('@at ', ''));
  };
  await eventually(async () => ((await isSetFor()) ?? 0) >= begin + 2 * MINUTE_MS);
  await eventually(async () => {
    const { num_ack_pending: unfinished } = await jsm.consumers.info(
      'ACCOUNT_TIMERS',
      'hold-expiry',
    );
    return unfinished === 0;
  });
  stop.abort();
  await worker;
  await jsm.streams.purge('ACCOUNT_TIMERS');
});

test(`a capture that races the expiry has one outcome, ${RACES} times`, async () => {
  const random = seededRandom('captures that race the expiry');
  const stores = await storesOn(nc);
  // Its clock is late: it would capture a hold for another hour, were it not for the timers.
  const late = { now: () => Date.now() - HOUR_MS, newId: randomUUID };
  const capturing = createCommandService({ ...stores, sources: late });
  const expiring = createCommandService(stores);
  const stop = new AbortController();
  const worker = runHoldExpiry({
    js: jetstream(nc),
    jsm: await jetstreamManager(nc),
    provision: true,
    commands: expiring,
    timers: stores.timers,
    log: createLogger('test', 'silent'),
    signal: stop.signal,
  });

  async function race(): Promise<{ readonly accountId: string; readonly captured: boolean }> {
    const [accountId, holdId] = [randomUUID(), randomUUID()];
    await capturing.execute(create(accountId, '10.00'));
    const expiresAt = Date.now() + LEAD_MS;
    const amount = decimal('4.00');
    const hold = { type: 'PlaceHold', holdId, amount, expiresAt } as const;
    expect(await capturing.execute(requestOf(accountId, hold))).toMatchObject({ kind: 'done' });
    await sleep(expiresAt + random.below(WINDOW_MS) - Date.now());
    const answer = await capturing.execute(requestOf(accountId, { type: 'CaptureHold', holdId }));
    if (answer.kind === 'done') return { accountId, captured: true };
    expect(answer).toMatchObject({ kind: 'refused', error: { code: 'hold_not_found' } });
    return { accountId, captured: false };
  }

  const races = await Promise.all(Array.from({ length: RACES }, race));
  await eventually(
    async () =>
      (await (await jetstreamManager(nc)).streams.info('ACCOUNT_TIMERS')).state.messages === 0,
    { timeoutMs: 20_000, what: 'every timer worked' },
  );
  stop.abort();
  await worker;

  const ledger = await readLedger(nc);
  for (const { accountId, captured } of races) {
    const last = captured ? 'HoldCaptured' : 'HoldReleased';
    const types = ledger.eventsOf(accountId).map(({ type }) => type);
    expect(types).toEqual(['AccountCreated', 'HoldPlaced', last]);
    const balance = captured ? 600n : 1_000n;
    expect(ledger.accounts.get(accountId)?.account).toMatchObject({ balance, held: 0n, holds: [] });
  }
  const captures = races.filter(({ captured }) => captured).length;
  expect(captures).toBeGreaterThan(0);
  expect(captures).toBeLessThan(RACES);
});
