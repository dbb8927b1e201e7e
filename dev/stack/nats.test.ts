import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../test/support/processes.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { TempFolder } from '../../test/support/temp-folder.ts';
import { startNats } from './nats.ts';
import type { NatsOptions, NatsServer } from './nats.ts';

let folder: TempFolder;
let servers: NatsServer[];
beforeEach(async () => {
  folder = await tempFolder('nats-test');
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await folder.remove();
});

async function start(options: Partial<NatsOptions> = {}): Promise<NatsServer> {
  const server = await startNats({ dataDir: join(folder.path, 'data'), ...options });
  servers.push(server);
  return server;
}

/** Publishes to a file stream that is created where missing; the stream's message count. */
async function publishOne(server: NatsServer): Promise<number> {
  const connection = await connect({ servers: server.url });
  try {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'KEPT', subjects: ['kept'] });
    const ack = await jetstream(connection).publish('kept', 'x');
    return ack.seq;
  } finally {
    await connection.close();
  }
}

describe('startNats', () => {
  it('keeps port and data over stop, kill -9 and restart', async () => {
    const server = await start();
    expect(await publishOne(server)).toBe(1);
    const { port, pid } = server;

    await server.restart();
    expect(server.port).toBe(port);
    expect(server.pid).not.toBe(pid);
    expect(isAlive(pid)).toBe(false);
    expect(await publishOne(server)).toBe(2);

    server.kill('SIGKILL');
    expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await server.restart();
    expect(await publishOne(server)).toBe(3);
  });

  it('takes over the data of an earlier server', async () => {
    const first = await start();
    await publishOne(first);
    await first.stop();
    expect(await publishOne(await start())).toBe(2);
  });

  it('applies more configuration, and keeps its own port', async () => {
    const config = `
      port: 1
      jetstream { sync_interval: always }
      authorization { user: teller, password: secret }`;
    const server = await start({ config, monitorPort: 0 });
    await expect(connect({ servers: server.url })).rejects.toThrow(/authorization/i);
    const connection = await connect({ servers: server.url, user: 'teller', pass: 'secret' });
    await connection.close();
    const jsz = await fetch(`${server.monitorUrl ?? ''}/jsz`);
    expect(await jsz.json()).toMatchObject({
      config: { sync_always: true, store_dir: join(server.dataDir, 'jetstream') },
    });
  });

  it('says which port is taken and what to change', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const taken = start({ port, portHint: '--nats-port N' });
    await expect(taken).rejects.toMatchObject({
      code: 'port_taken',
      message: `port ${port} for nats-server is taken: stop what listens there, or choose another with --nats-port N`,
    });
    await new Promise((resolve) => other.close(resolve));
  });

  it('recognises from the log a port that was lost between the check and the start', async () => {
    const first = await start({ monitorPort: 0 });
    const monitorPort = Number(new URL(first.monitorUrl ?? '').port);
    const lost = start({
      dataDir: join(folder.path, 'other'),
      extraArgs: ['--http_port', String(monitorPort)],
    });
    await expect(lost).rejects.toMatchObject({ code: 'port_taken' });
    await expect(lost).rejects.toThrow(`port ${monitorPort} `);
  });

  it('waits for its port when it restarts', async () => {
    const server = await start();
    await server.stop();
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(server.port, '127.0.0.1', resolve));
    setTimeout(() => squatter.close(), 400);
    await server.restart();
    expect(await publishOne(server)).toBe(1);
  });

  it('refuses a data folder that cannot be written', async () => {
    const file = join(folder.path, 'file');
    await writeFile(file, '');
    const refused = start({ dataDir: join(file, 'data'), dataHint: '--data DIR' });
    await expect(refused).rejects.toMatchObject({ code: 'folder_unusable' });
    await expect(refused).rejects.toThrow(/file\/data cannot be written .*--data DIR/);
  });

  it('refuses a store that another nats-server uses', async () => {
    const first = await start();
    const second = start();
    await expect(second).rejects.toMatchObject({ code: 'folder_unusable' });
    await expect(second).rejects.toThrow(`process id ${first.pid}`);
  });

  it('tells in one line why the server stopped while starting', async () => {
    const broken = start({ config: 'max_connections: many' });
    await expect(broken).rejects.toMatchObject({ code: 'stopped_early' });
    await expect(broken).rejects.toThrow(
      /^nats-server stopped .*nats-server\.conf:1:\d.*log: \S+$/,
    );
  });

  it('kills a server that does not react to SIGTERM', { timeout: 20_000 }, async () => {
    const server = await start();
    server.kill('SIGSTOP');
    await server.stop();
    expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });
});
