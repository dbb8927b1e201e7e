import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyPlan } from '../../src/cli/streams/apply.ts';
import { planStreams } from '../../src/cli/streams/plan.ts';
import { SNAPSHOT_STREAM, STREAM, TIMER_STREAM } from '../../src/event-store/jetstream/names.ts';
import { eventually } from '../support/await.ts';
import { startBank } from '../support/bank.ts';
import type { Bank } from '../support/bank.ts';
import { natsCli } from '../support/nats-cli.ts';
import { payloadSamples } from '../support/payload-samples.ts';
import { tempFolder } from '../support/temp-folder.ts';

const found = await natsCli();
const STREAMS = [STREAM, SNAPSHOT_STREAM, TIMER_STREAM];
const CONSUMERS = [
  [STREAM, 'accounts-v1'],
  [TIMER_STREAM, 'hold-expiry'],
] as const;
const DECODE = `${process.execPath} src/cli/jetbank.js decode`;

let bank: Bank;
let jsm: JetStreamManager;

/** Runs `nats ARGS`; answers its exit code, and what it printed there and here. */
async function nats(...args: string[]): Promise<{ code: number | null; stdout: string }> {
  if ('missing' in found) throw new Error(found.missing);
  const { code, stdout, stderr } = await found.cli.run(args, { url: bank.nats.url });
  return { code, stdout: `${stdout}${stderr}` };
}

/** `nats ARGS | COMMAND`: bytes stay bytes. */
async function natsTo(command: string, ...args: string[]): Promise<{ stdout: string }> {
  if ('missing' in found) throw new Error(found.missing);
  const line = [found.cli.path, '--no-context', '--server', bank.nats.url, ...args];
  return promisify(execFile)('sh', ['-c', `"$@" | ${command}`, 'sh', ...line]);
}

const apply = async () => {
  const options = { replicas: undefined, groups: 1, permits: { fewerReplicas: false } };
  await applyPlan(jsm, await planStreams(jsm, options), () => undefined);
};

/** Every stream's and consumer's configuration, as the server tells it. */
async function configurations(): Promise<object[]> {
  return Promise.all([
    ...STREAMS.map(async (name) => (await jsm.streams.info(name)).config),
    ...CONSUMERS.map(async ([stream, name]) => (await jsm.consumers.info(stream, name)).config),
  ]);
}

describe.skipIf('missing' in found)('the nats CLI', () => {
  let accountId: string;
  const subject = () => expect.stringMatching(`bank\\.account\\.\\d+\\.${accountId}`) as string;

  beforeAll(async () => {
    bank = await startBank();
    jsm = await jetstreamManager(bank.nc);
  });
  afterAll(() => bank.stop());

  test('makes of streams/ exactly what "jetbank streams apply" makes', async () => {
    await apply();
    const applied = await configurations();
    for (const name of STREAMS) await jsm.streams.delete(name);
    for (const name of STREAMS) {
      const config = ['--config', `streams/${name}.json`];
      expect((await nats('stream', 'add', ...config)).code).toBe(0);
    }
    for (const [stream, name] of CONSUMERS) {
      const config = ['--config', `streams/consumers/${name}.json`];
      expect((await nats('consumer', 'add', stream, ...config)).code).toBe(0);
    }
    const added = await configurations();
    // The one thing that the nats CLI adds: Go's time that is none.
    const unpaused = added.map((config) => ({ ...config, pause_until: undefined }));
    expect(unpaused).toEqual(applied);
  });

  describe('on a log with events', () => {
    beforeAll(async () => {
      const commands = await bank.startCommand();
      ({ accountId } = (await commands.create('10.00')).account);
      for (let version = 2; version <= 5; version += 1) await commands.deposit(accountId, '1.00');
    });

    test('tells of the stream, its subjects and its consumers', async () => {
      expect((await nats('stream', 'info', STREAM)).stdout).toMatch(/Last Sequence: 5/);
      const { stdout: subjects } = await nats('stream', 'subjects', STREAM, '--names');
      expect(subjects.trim()).toEqual(subject());
      const { stdout: consumer } = await nats('consumer', 'info', STREAM, 'accounts-v1');
      expect(consumer).toMatch(/Unprocessed Messages: 5/);
    });

    test('reads every event, decoded', async () => {
      const args = ['--stream', STREAM, '--all', '--terminate-at-end', '--raw'];
      const { stdout } = await nats('sub', ...args, '--translate', DECODE);
      const events = stdout.split('\n').filter((line) => line.startsWith('{'));
      expect(events.map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { type: 'AccountCreated', accountId, version: 1, initialBalance: '10.00' },
        ...[2, 3, 4, 5].map((version) => ({ type: 'MoneyDeposited', version, amount: '1.00' })),
      ]);
    });

    test('gets a snapshot, for jetbank decode', async () => {
      // Any line but JSON means that the snapshot, which is written aside, is not there yet.
      const snapshot = await eventually(async () => {
        const { stdout } = await natsTo(
          DECODE,
          'kv',
          'get',
          'ACCOUNT_SNAPSHOTS',
          accountId,
          '--raw',
        );
        return JSON.parse(stdout) as unknown;
      });
      expect(snapshot).toMatchObject({ type: 'AccountSnapshot', version: 5, balance: '14.00' });
    });

    test("checks the stream by the limits in the stream's metadata, and a consumer by those it is given", async () => {
      const check = (...args: string[]) => nats('server', 'check', ...args);
      const log = ['--stream', STREAM];
      expect(await check('stream', ...log)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('subjects=1;5000000;10000000') as string,
      });
      const { metadata } = (await jsm.streams.info(STREAM)).config;
      const full = {
        'io.nats.monitor.subjects-warn': '0',
        'io.nats.monitor.subjects-critical': '1',
      };
      await jsm.streams.update(STREAM, { metadata: { ...metadata, ...full } });
      expect((await check('stream', ...log)).code).toBe(2);
      await apply();
      expect((await check('stream', ...log)).code).toBe(0);

      const consumer = [...log, '--consumer', 'accounts-v1', '--unprocessed-critical'];
      expect((await check('consumer', ...consumer, '6')).code).toBe(0);
      expect((await check('consumer', ...consumer, '5')).code).toBe(2);
    });

    test('backs the log up and restores it, with its sequences and times', async () => {
      const folder = await tempFolder('nats-backup');
      try {
        const read = async () => {
          const last = await jsm.streams.getMessage(STREAM, { seq: 5 });
          return [
            last?.subject,
            last?.timestamp,
            last?.data,
            (await jsm.streams.info(STREAM)).state,
          ];
        };
        const before = await read();
        const backup = join(folder.path, 'log');
        const made = await nats('stream', 'backup', STREAM, backup, '--no-progress');
        expect(made.code, made.stdout).toBe(0);
        await jsm.streams.delete(STREAM);
        const restored = await nats('stream', 'restore', backup, '--no-progress');
        expect(restored.code, restored.stdout).toBe(0);
        expect(await read()).toEqual(before);
      } finally {
        await folder.remove();
      }
    });
  });
});

describe('jetbank decode', () => {
  const payload = payloadSamples[0]?.payload ?? Buffer.alloc(0);
  const start = (args: string[], input: Uint8Array = Buffer.alloc(0)) => {
    const begin = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { input, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    return performance.now() - begin;
  };
  const best = (take: () => number) => Math.min(...Array.from({ length: 7 }, take));

  test('starts fast enough for the nats CLI to start it once a message', () => {
    const node = best(() => start(['-e', '0']));
    const decode = best(() => start(['src/cli/jetbank.js', 'decode'], payload));
    // 65 and 20 ms on two cores; without the kept code 158 and 22.
    expect(decode / node).toBeLessThan(5);
  });

  test('by a Node that cannot run TypeScript it is told so', () => {
    const args = ['--no-strip-types', 'src/cli/jetbank.js', 'decode'];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([2, expect.stringContaining('it needs 24')]);
  });
});
