import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../test/support/processes.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { TempFolder } from '../../test/support/temp-folder.ts';
import { freePorts } from './ports.ts';
import { startMongo } from './mongo.ts';
import type { MongoOptions, MongoServer } from './mongo.ts';

let folder: TempFolder;
let servers: MongoServer[];
beforeEach(async () => {
  folder = await tempFolder('mongo-test');
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await folder.remove();
});

async function start(options: Partial<MongoOptions> = {}): Promise<MongoServer> {
  const server = await startMongo({ dataDir: join(folder.path, 'data'), ...options });
  servers.push(server);
  return server;
}

/** Inserts with majority write concern over the replica set's uri; the collection's size after. */
async function insertOne(server: MongoServer): Promise<number> {
  const client = new MongoClient(server.uri, { serverSelectionTimeoutMS: 5_000 });
  try {
    const kept = client.db('test').collection('kept');
    await kept.insertOne({}, { writeConcern: { w: 'majority' } });
    return await kept.countDocuments();
  } finally {
    await client.close();
  }
}

describe('startMongo', () => {
  it('is a primary, and keeps port and data over stop, kill -9 and restart', async () => {
    const server = await start();
    expect(server.uri).toBe(`mongodb://127.0.0.1:${server.port}/?replicaSet=rs0`);
    expect(await insertOne(server)).toBe(1);
    const { port, pid } = server;

    await server.restart();
    expect(server.port).toBe(port);
    expect(isAlive(pid)).toBe(false);
    expect(await insertOne(server)).toBe(2);

    server.kill('SIGKILL');
    expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await server.restart();
    expect(await insertOne(server)).toBe(3);
  });

  it('takes over the data of an earlier server on another port', async () => {
    const first = await start();
    await insertOne(first);
    await first.stop();
    const [otherPort = 0] = await freePorts(1);
    const second = await start({ port: otherPort });
    expect(second.port).not.toBe(first.port);
    expect(await insertOne(second)).toBe(2);
    await second.restart();
    expect(await insertOne(second)).toBe(3);
  });

  it('supports transactions, as a replica set does', async () => {
    const client = new MongoClient((await start()).uri);
    const kept = client.db('test').collection('kept');
    await client.withSession((session) =>
      session.withTransaction(() => kept.insertOne({}, { session })),
    );
    expect(await kept.countDocuments()).toBe(1);
    await client.close();
  });

  it('says which port is taken and what to change', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(start({ port, portHint: '--mongo-port N' })).rejects.toMatchObject({
      code: 'port_taken',
      message: `port ${port} for mongod is taken: stop what listens there, or choose another with --mongo-port N`,
    });
    await new Promise((resolve) => other.close(resolve));
  });

  it('refuses a data folder that cannot be written', async () => {
    const file = join(folder.path, 'file');
    await writeFile(file, '');
    const refused = start({ dataDir: join(file, 'data') });
    await expect(refused).rejects.toMatchObject({ code: 'folder_unusable' });
  });

  it('refuses data that another mongod uses', async () => {
    await start();
    const second = start();
    await expect(second).rejects.toMatchObject({ code: 'folder_unusable' });
    await expect(second).rejects.toThrow(/in use by another mongod/);
  });

  it('refuses data of a replica set with another name, and leaves nothing running', async () => {
    await (await start()).stop();
    await expect(start({ replSet: 'rs1' })).rejects.toThrow(/belongs to the replica set rs0/);
    // mongod's lock on the data is free again only when the refused one is gone.
    await start();
  });

  it('tells in one line why the server stopped while starting', async () => {
    const first = await start();
    await first.stop();
    await writeFile(join(first.dataDir, 'db', 'WiredTiger.turtle'), 'damaged');
    const broken = start();
    await expect(broken).rejects.toMatchObject({ code: 'stopped_early' });
    await expect(broken).rejects.toThrow(/^mongod stopped while starting .*turtle.*log: \S+$/);
  });
});
