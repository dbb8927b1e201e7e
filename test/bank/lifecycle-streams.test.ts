import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SNAPSHOT_STREAM, STREAM, TIMER_STREAM } from '../../src/event-store/jetstream/names.ts';
import { provisionStreams } from '../../src/event-store/jetstream/provision.ts';
import { desiredStream, inspectStream } from '../../src/event-store/jetstream/stream-config.ts';
import { eventually } from '../support/await.ts';
import { COMMAND_SERVICE, QUERY_SERVICE, logged, startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { send } from '../support/http.ts';
import { startService } from '../support/process.ts';

let bank: Bank;
let jsm: JetStreamManager;

beforeEach(async () => {
  bank = await startBank();
  jsm = await jetstreamManager(bank.nc);
});
afterEach(() => bank.stop());

test('the services make the streams as streams/ says, and find them so the next time', async () => {
  const first = await bank.startCommand();
  for (const name of [STREAM, SNAPSHOT_STREAM, TIMER_STREAM]) {
    expect(await inspectStream(jsm, desiredStream(name, 1))).toMatchObject({ drift: [] });
  }
  const made = () =>
    logged(first.process, 'an ack means').map(({ stream, created }) => [stream, created]);
  expect(made()).toEqual([
    [STREAM, true],
    [SNAPSHOT_STREAM, true],
    [TIMER_STREAM, true],
  ]);
  const second = await bank.startCommand();
  expect(logged(second.process, '"created":true')).toEqual([]);
  expect(logged(second.process, 'differs from streams/')).toEqual([]);
});

test('a stream that differs from streams/ is reported at start and not changed', async () => {
  const desired = desiredStream(STREAM, 1);
  await jsm.streams.add({ ...desired, duplicate_window: 60_000_000_000, deny_purge: false });
  const before = (await jsm.streams.info(STREAM)).config;
  const service = await bank.startCommand();
  const entries = logged(service.process, 'differs from streams/');
  expect(entries).toMatchObject([{ level: 'warn', stream: STREAM }]);
  expect(entries[0]!['drift']).toEqual([
    { setting: 'duplicate_window', desired: 120_000_000_000, actual: 60_000_000_000 },
    { setting: 'deny_purge', desired: true, actual: false },
  ]);
  expect((await jsm.streams.info(STREAM)).config).toEqual(before);
  expect((await service.create(1)).status).toBe(201);
});

describe('with JETBANK_PROVISION=false', () => {
  test.each([COMMAND_SERVICE, QUERY_SERVICE])(
    '%s is not ready without the streams, says what to do, and makes none',
    async (entry) => {
      const process = await startService(entry, { ...bank.env, JETBANK_PROVISION: 'false' });
      try {
        const url = await process.listening();
        const [entryOfLog] = await eventually(() => {
          const found = logged(process, 'the streams are not ready');
          return found.length > 0 && found;
        });
        expect(entryOfLog!['reason']).toMatch(/ACCOUNTS does not exist.*jetbank streams apply/);
        expect((await send(`${url}/readyz`)).status).toBe(503);
        expect((await send(`${url}/healthz`)).status).toBe(200);
        await expect(jsm.streams.info(STREAM)).rejects.toThrow('stream not found');

        // The operator makes them; the service needs no restart.
        await provisionStreams(jsm, { create: true, replicas: 1 });
        if (entry === COMMAND_SERVICE) {
          await process.ready();
          return;
        }
        const [missing] = await eventually(() => {
          const found = logged(process, 'the consumer accounts-v1');
          return found.length > 0 && found;
        });
        expect(JSON.stringify(missing)).toContain('jetbank streams apply');
        expect((await send(`${url}/readyz`)).status).toBe(503);
      } finally {
        await process.stop();
      }
    },
  );
});
