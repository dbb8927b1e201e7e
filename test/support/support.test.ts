import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './await.ts';
import { freshDatabase } from './mongo.ts';
import { natsCli } from './nats-cli.ts';
import { startTestNats } from './nats.ts';
import { startService } from './process.ts';
import { isAlive } from './processes.ts';
import { tempFolder } from './temp-folder.ts';
import type { TempFolder } from './temp-folder.ts';

describe('eventually', () => {
  it('waits until the condition is met and gives its value', async () => {
    let asked = 0;
    expect(await eventually(() => ++asked >= 3 && asked)).toBe(3);
  });

  it('waits until an assertion holds', async () => {
    let asked = 0;
    await eventually(() => expect(++asked).toBe(2));
    expect(asked).toBe(2);
  });

  it('fails with the last reason', async () => {
    const failing = eventually(() => Promise.reject(new Error('still empty')), {
      timeoutMs: 20,
      what: 'the statement',
    });
    await expect(failing).rejects.toThrow('the statement was not met within 20 ms: still empty');
    await expect(eventually(() => false, { timeoutMs: 5 })).rejects.toThrow('it gave false');
  });
});

describe('freshDatabase', () => {
  it('is empty, and gone once it is dropped', async () => {
    const database = freshDatabase();
    expect(database.name).not.toBe(freshDatabase().name);
    const client = new MongoClient(database.uri);
    // The name is the connection string's default database.
    expect(client.db().databaseName).toBe(database.name);
    await client.db().collection('kept').insertOne({});
    const names = async () =>
      (await client.db().admin().listDatabases({ nameOnly: true })).databases.map((db) => db.name);
    expect(await names()).toContain(database.name);
    await database.drop();
    expect(await names()).not.toContain(database.name);
    await client.close();
  });
});

describe('startService', () => {
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await tempFolder('service-test');
  });
  afterEach(() => folder.remove());

  async function entry(source: string): Promise<string> {
    const path = join(folder.path, 'service.mjs');
    await writeFile(path, source);
    return path;
  }

  const LISTENS = `
    import { createServer } from 'node:http';
    let asked = 0;
    const server = createServer((request, response) => {
      response.statusCode = ++asked < 3 ? 503 : 200;
      response.end(JSON.stringify({ asked, seen: process.env.SEEN, nats: process.env.NATS_URL }));
    });
    server.listen(Number(process.env.PORT), process.env.HOST, () =>
      console.log(JSON.stringify({ level: 30, msg: 'listening', port: server.address().port })));
    process.on('SIGTERM', () => process.exit(0));`;

  it('waits for /readyz, passes the environment on, and stops', async () => {
    process.env['NATS_URL'] = 'nats://a-developers-own';
    const service = await startService(await entry(LISTENS), { SEEN: 'yes' });
    delete process.env['NATS_URL'];
    const url = await service.ready();
    expect(await (await fetch(url)).json()).toEqual({ asked: 4, seen: 'yes' });
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(isAlive(service.pid)).toBe(false);
  });

  it('is killed without a chance to clean up', async () => {
    const service = await startService(await entry(LISTENS));
    await service.listening();
    expect(await service.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('fails with the output of a service that ends instead of listening', async () => {
    const service = await startService(await entry(`throw new Error('NATS_URL is missing')`));
    await expect(service.ready()).rejects.toThrow(/exit code 1.*NATS_URL is missing/s);
  });

  it('fails with the output of a service that does not get ready', async () => {
    const service = await startService(
      await entry(`console.log('busy'); setInterval(() => {}, 9)`),
    );
    await expect(service.ready(300)).rejects.toThrow(/listening was not met within 300 ms.*busy/s);
    await service.stop();
  });
});

const cli = await natsCli();

describe.skipIf('missing' in cli)('natsCli', () => {
  it('runs the nats CLI against a server', async () => {
    if ('missing' in cli) return;
    const nats = await startTestNats();
    const published = await cli.cli.run(['publish', 'a.subject', 'text'], { url: nats.url });
    expect(published).toMatchObject({ code: 0 });
    const wrong = await cli.cli.run(['stream', 'info', 'NONE'], { url: nats.url });
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain('nats: error');
    await nats.remove();
  });
});
