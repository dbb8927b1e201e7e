import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/await.ts';
import { COMMAND_SERVICE, QUERY_SERVICE } from '../support/bank.ts';
import { bankClient } from '../support/http.ts';
import { jetbank } from '../support/jetbank.ts';
import { freshDatabase } from '../support/mongo.ts';
import type { FreshDatabase } from '../support/mongo.ts';
import { startService } from '../support/process.ts';
import type { ServiceProcess } from '../support/process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';
import { managerOf, startPackagedLedger } from './support/packaged-ledger.ts';
import type { PackagedLedger } from './support/packaged-ledger.ts';

describe('the services, with the settings of the charts and the users of nats-deployment', () => {
  let ledger: PackagedLedger;
  let database: FreshDatabase;
  let folder: TempFolder;
  let command: ServiceProcess;
  let query: ServiceProcess;

  async function secretFile(name: string, content: string): Promise<string> {
    const path = join(folder.path, name);
    await writeFile(path, content);
    return path;
  }

  async function settingsOf(user: string): Promise<Record<string, string>> {
    return {
      NATS_URL: ledger.urls.join(','),
      NATS_TLS_CA: ledger.ca,
      NATS_USER: user,
      NATS_PASSWORD_FILE: await secretFile(user, ledger.passwordOf(user)),
      JETBANK_PROVISION: 'false',
      STREAM_REPLICAS: '3',
    };
  }

  beforeAll(async () => {
    folder = await tempFolder('least-privilege');
    database = freshDatabase();
    ledger = await startPackagedLedger();
    command = await startService(COMMAND_SERVICE, await settingsOf('account-cmd'));
    query = await startService(QUERY_SERVICE, {
      ...(await settingsOf('account-query')),
      MONGO_URI_FILE: await secretFile('uri', database.uri),
    });
  }, 120_000);

  afterAll(async () => {
    await Promise.all([command.stop(), query.stop()]);
    await ledger.stop();
    await database.drop();
    await folder.remove();
  }, 60_000);

  it('take commands, write snapshots and answer queries', async () => {
    const commands = bankClient(await command.ready());
    const queries = bankClient(await query.ready());
    const { accountId } = (await commands.create('1000.00')).account;
    for (let deposit = 1; deposit <= 4; deposit++) await commands.deposit(accountId, '500.00');
    const { balance, sequence } = (await commands.withdraw(accountId, '200.00')).account;
    expect(balance).toBe('2800.00');

    await eventually(async () => {
      const answer = await queries.get(`/accounts/${accountId}?minSequence=${sequence}`);
      expect(answer.account).toMatchObject({ balance, version: 6 });
    });
    const jsm = await managerOf(await ledger.connectAs('operator'));
    await eventually(async () => {
      const { state } = await jsm.streams.info('KV_ACCOUNT_SNAPSHOTS');
      expect(state.messages).toBe(1);
    });
  });

  it('are rebuilt and verified by the operator', async () => {
    const env = { ...(await settingsOf('operator')), MONGO_URI: database.uri };
    for (const command of [
      ['rebuild', 'accounts', '--groups', '2'],
      ['verify'],
      ['retry-parked'],
      ['status'],
    ]) {
      const { exit, stdout, stderr } = await jetbank(env, 'projections', ...command);
      expect(exit, `${stdout}\n${stderr}`).toBe(0);
      expect(stderr).not.toContain('Permissions');
    }
    const queries = bankClient(await query.ready());
    expect((await queries.get('/projections')).body).toMatchObject({
      items: [{ builds: [{ number: 1 }, { number: 2, state: 'live' }] }],
    });
  }, 60_000);

  it('are refused nothing that they ask of NATS', () => {
    for (const { stdout, stderr } of [command, query]) {
      expect([...stdout, ...stderr].filter((line) => line.includes('Permissions'))).toEqual([]);
    }
  });

  it('stop within ten seconds of SIGTERM', async () => {
    const start = performance.now();
    const exits = await Promise.all([command.kill('SIGTERM'), query.kill('SIGTERM')]);
    expect(exits).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
