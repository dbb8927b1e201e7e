import { afterAll, describe, expect, test } from 'vitest';
import { freePorts } from '../../dev/stack/ports.ts';
import { eventually } from '../support/await.ts';
import { COMMAND_SERVICE, QUERY_SERVICE, logged, startBank } from '../support/bank.ts';
import { bankClient } from '../support/http.ts';
import type { Answer, PageBody } from '../support/http.ts';
import { startTestNats } from '../support/nats.ts';
import { startOwnMongo } from '../support/own-mongo.ts';
import { startService } from '../support/process.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
}, 60_000);

/** A service whose dependencies need not be there. */
async function startAlone(entry: string, env: Record<string, string>) {
  const process = await startService(entry, env);
  cleanups.push(() => process.stop());
  return { ...bankClient(await process.listening()), process };
}

function expectUnavailable(answer: Answer): void {
  expect(answer.problem).toMatchObject({ status: 503, code: 'unavailable' });
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}

interface Readiness {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>;
}

/** The names of the checks that failed; undefined where the service is ready. */
async function notReady(service: { get(path: string): Promise<Answer> }) {
  const answer = await service.get('/readyz');
  const { checks } = answer.body as Readiness;
  const failed = Object.keys(checks).filter((name) => checks[name]?.ok === false);
  expect(answer.status).toBe(failed.length === 0 ? 200 : 503);
  return failed.length === 0 ? undefined : failed.toSorted();
}

describe('a dependency that comes up late', () => {
  test('the command service is started before nats-server, and gets ready by itself', async () => {
    const [port = 0] = await freePorts(1);
    const address = `nats://127.0.0.1:${port}`;
    const service = await startAlone(COMMAND_SERVICE, { NATS_URL: address });
    expect((await service.get('/healthz')).status).toBe(200);
    expect(await notReady(service)).toEqual(['nats']);
    expectUnavailable(await service.create(1));
    await eventually(() => {
      const [entry] = logged(service.process, 'NATS cannot be reached');
      expect(entry?.['reason']).toMatch(`NATS_URL: no connection to ${address}`);
    });
    const nats = await startTestNats({ port });
    cleanups.push(() => nats.remove());
    await service.process.ready();
    expect((await service.create(1)).status).toBe(201);
  }, 40_000);

  test('the query service is started before nats-server and mongod, likewise', async () => {
    const [natsPort = 0, mongoPort = 0] = await freePorts(2);
    const service = await startAlone(QUERY_SERVICE, {
      NATS_URL: `nats://127.0.0.1:${natsPort}`,
      MONGO_URI: `mongodb://127.0.0.1:${mongoPort}/bank?replicaSet=rs0`,
    });
    expect((await service.get('/healthz')).status).toBe(200);
    expect(await notReady(service)).toEqual(expect.arrayContaining(['mongo', 'nats']));
    expectUnavailable(await service.get('/accounts'));
    const nats = await startTestNats({ port: natsPort });
    cleanups.push(() => nats.remove());
    await eventually(() => {
      const [entry] = logged(service.process, 'MongoDB cannot be reached');
      expect(entry?.['reason']).toMatch(`MONGO_URI: no connection to 127.0.0.1:${mongoPort}`);
    });
    expect(await notReady(service)).toContain('mongo');
    const mongo = await startOwnMongo({ port: mongoPort });
    cleanups.push(() => mongo.remove());
    await service.process.ready();
    expect((await service.get('/accounts')).body).toEqual({ items: [], nextCursor: null });
  }, 40_000);
});

describe('a dependency that goes away', () => {
  test('nats-server is killed: not ready and 503 until it is back, and nothing is lost', async () => {
    const bank = await startBank();
    cleanups.push(() => bank.stop());
    const [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
    const { accountId } = (await commands.create('10.00')).account;

    bank.nats.kill('SIGKILL');
    await bank.nats.exited;
    for (const service of [commands, queries]) {
      await eventually(async () => expect(await notReady(service)).toContain('nats'));
      expect((await service.get('/healthz')).status).toBe(200);
    }
    expectUnavailable(await commands.deposit(accountId, '1.00'));
    // What is projected already can still be read.
    expect((await queries.get('/accounts')).status).toBe(200);

    await bank.nats.restart();
    for (const service of [commands, queries]) await service.process.ready();
    const { account } = await commands.deposit(accountId, '2.00');
    expect(account).toMatchObject({ balance: '12.00', version: 2 });
    await untilProjected(bank.db, account.sequence);
    await expectReadModelsOf(bank.db, await bank.ledger());
  }, 40_000);

  test('mongod is killed: commands go on, queries are 503, and all is there once it is back', async () => {
    const mongo = await startOwnMongo();
    cleanups.push(() => mongo.remove());
    const bank = await startBank({ database: mongo.database });
    cleanups.push(() => bank.stop());
    const [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
    const before = (await commands.create('1.00')).account;
    await untilProjected(bank.db, before.sequence);

    mongo.kill('SIGKILL');
    await mongo.exited;
    const during = (await commands.create('2.00')).account;
    await commands.deposit(before.accountId, '1.00');
    const paths = ['/accounts', `/accounts/${before.accountId}`];
    for (const answer of await Promise.all(paths.map((path) => queries.get(path)))) {
      expectUnavailable(answer);
    }
    expect(await notReady(queries)).toContain('mongo');
    expect(await notReady(commands)).toBeUndefined();
    expect((await queries.get('/healthz')).status).toBe(200);

    await mongo.restart();
    // An account that moves now must not hide what happened to the others meanwhile.
    const after = (await commands.create('3.00')).account;
    await queries.process.ready();
    await untilProjected(bank.db, after.sequence);
    await expectReadModelsOf(bank.db, await bank.ledger());
    const { items } = (await queries.get('/accounts')).body as PageBody;
    expect(items.map(({ accountId }) => accountId)).toEqual([
      before.accountId,
      during.accountId,
      after.accountId,
    ]);
  }, 60_000);
});
