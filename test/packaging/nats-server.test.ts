import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { connect } from 'nats';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNatsServer } from '../../dev/binaries/nats-server.ts';
import { poll } from '../../dev/stack/wait.ts';
import { generatedSecrets } from './support/manifests.ts';
import { allowedAmong, mayPublish } from './support/nats-permissions.ts';
import { SUBJECT, TIMEOUT_MS, managerOf, startPackagedLedger } from './support/packaged-ledger.ts';
import type { PackagedLedger } from './support/packaged-ledger.ts';
import { packagedConfig } from './support/packaged-nats.ts';
import { inRepository } from './support/repository.ts';
import { run } from './support/run.ts';

describe('nats-server -t', () => {
  it('takes the configuration of a single node', async () => {
    const { path } = await findNatsServer();
    const file = inRepository('nats-deployment', 'single-node', 'nats.conf');
    const { code, stderr } = await run(path, ['-t', '-c', file]);
    expect(stderr).toContain('is valid');
    expect(code).toBe(0);
  });

  it('takes the configuration of nats-deployment', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'jetbank-nats-'));
    try {
      const [servers] = await generatedSecrets();
      const { path } = await findNatsServer();
      await writeFile(join(folder, 'nats.conf'), packagedConfig());
      await writeFile(join(folder, 'passwords.conf'), servers?.stringData['passwords.conf'] ?? '');
      const { code, stderr } = await run(path, ['-t', '-c', join(folder, 'nats.conf')], {
        env: { POD_NAME: 'nats-0' },
      });
      expect(stderr).toContain('is valid');
      expect(code).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('three servers with the configuration of nats-deployment', () => {
  let ledger: PackagedLedger;

  beforeAll(async () => {
    ledger = await startPackagedLedger();
  }, 120_000);

  afterAll(() => ledger.stop(), 30_000);

  it('refuse whoever has no password, or a wrong one', async () => {
    const servers = [...ledger.urls];
    await expect(connect({ servers })).rejects.toThrow(/authorization/i);
    await expect(connect({ servers, user: 'operator', pass: 'wrong' })).rejects.toThrow(
      /authorization/i,
    );
  });

  it('are one cluster, which only the system account sees', async () => {
    const sys = await ledger.connectAs('sys', '_INBOX');
    const names = await poll(async () => {
      const answers = await serverNames(sys);
      return answers.length === 3 ? answers : undefined;
    }, TIMEOUT_MS);
    expect(names?.toSorted()).toEqual(['nats-0', 'nats-1', 'nats-2']);
    expect(await mayPublish(await ledger.connectAs('account-cmd'), '$SYS.REQ.SERVER.PING')).toBe(
      false,
    );
  });

  it('the operator writes no event, and neither deletes nor purges the log', async () => {
    const nc = await ledger.connectAs('operator', '_INBOX');
    expect(
      await allowedAmong(
        nc,
        [
          SUBJECT,
          '$JS.API.STREAM.DELETE.ACCOUNTS',
          '$JS.API.STREAM.PURGE.ACCOUNTS',
          '$JS.API.STREAM.MSG.DELETE.ACCOUNTS',
        ],
        mayPublish,
      ),
    ).toEqual([]);
    // The bucket is disposable.
    const jsm = await managerOf(nc);
    expect(await jsm.streams.delete('KV_ACCOUNT_SNAPSHOTS')).toBe(true);
  });

  it('a new password counts after a reload', async () => {
    const old = ledger.passwordOf('account-query');
    for (const node of ledger.nodes) {
      await node.writePasswords((text) => text.replace(`"${old}"`, '"0e1 2k"'));
      expect((await node.signal('reload')).code).toBe(0);
    }
    for (const { url } of ledger.nodes) {
      const login = (pass: string) =>
        connect({ servers: url, user: 'account-query', pass, reconnect: false });
      // The signal only asks for the reload.
      const renewed = await poll(() => login('0e1 2k').catch(() => undefined), TIMEOUT_MS);
      expect(renewed?.isClosed()).toBe(false);
      await renewed?.close();
      await expect(login(old)).rejects.toThrow(/authorization/i);
    }
  });

  it('the hook before a stop ends a server by itself, and the other two go on', async () => {
    const nc = await ledger.connectAs('account-cmd');
    const [, , third] = ledger.nodes;
    expect((await third?.signal('ldm'))?.code).toBe(0);
    expect(await third?.child.exited).toEqual({ code: 0, signal: null });

    const js = jetstream(nc, { timeout: TIMEOUT_MS });
    const ack = await poll(
      () => js.publish(SUBJECT, 'event 1', { msgID: 'event-1' }).catch(() => undefined),
      30_000,
    );
    expect(ack?.seq).toBe(1);
  }, 90_000);
});

async function serverNames(sys: NatsConnection): Promise<string[]> {
  const names: string[] = [];
  const options = { strategy: 'count', maxMessages: 3, maxWait: 1000 } as const;
  for await (const message of await sys.requestMany('$SYS.REQ.SERVER.PING', '', options)) {
    if (message instanceof Error) throw message;
    names.push(message.json<{ server: { name: string } }>().server.name);
  }
  return names;
}
