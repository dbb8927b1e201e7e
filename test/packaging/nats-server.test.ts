import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerCertificate } from 'node:tls';
import { jetstream } from '@nats-io/jetstream';
import { connect } from 'nats';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findNatsServer } from '../../dev/binaries/nats-server.ts';
import { poll } from '../../dev/stack/wait.ts';
import { testAuthority } from '../support/certificates.ts';
import { generatedSecrets } from './support/manifests.ts';
import { allowedAmong, mayPublish } from './support/nats-permissions.ts';
import {
  SUBJECT,
  TIMEOUT_MS,
  managerOf,
  reach,
  startPackagedLedger,
} from './support/packaged-ledger.ts';
import type { PackagedLedger } from './support/packaged-ledger.ts';
import { packagedConfig } from './support/packaged-nats.ts';
import { readText } from './support/repository.ts';
import { run } from './support/run.ts';

const LOGIN_TIMEOUT_MS = 2_000;

describe('nats-server -t', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jetbank-nats-'));
  beforeAll(async () => {
    const [servers] = await generatedSecrets();
    await writeFile(join(folder, 'passwords.conf'), servers?.stringData['passwords.conf'] ?? '');
    await writeFile(join(folder, 'accounts.conf'), packagedConfig('accounts.conf'));
    const authority = await testAuthority(folder);
    await authority.issue('tls', ['localhost']);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['a single node', readText('nats-deployment/single-node/nats.conf')],
    ['nats-deployment', packagedConfig()],
  ])('takes the configuration of %s', async (_, text) => {
    const { path } = await findNatsServer();
    const file = join(folder, 'nats.conf');
    await writeFile(file, text.replaceAll('/etc/nats-tls/', `${folder}/`));
    const { code, stderr } = await run(path, ['-t', '-c', file], { env: { POD_NAME: 'nats-0' } });
    expect(stderr).toContain('is valid');
    expect(code).toBe(0);
  });
});

describe('three servers with the configuration of nats-deployment', () => {
  let ledger: PackagedLedger;

  beforeAll(async () => {
    ledger = await startPackagedLedger();
  }, 120_000);

  afterAll(() => ledger.stop(), 30_000);

  it('refuse whoever has no password, or a wrong one', async () => {
    const servers = reach(ledger);
    await expect(connect(servers)).rejects.toThrow(/authorization/i);
    await expect(connect({ ...servers, user: 'operator', pass: 'wrong' })).rejects.toThrow(
      /authorization/i,
    );
  });

  it('refuse whoever speaks plain text, before any password', async () => {
    const user = { user: 'operator', pass: ledger.passwordOf('operator') };
    const plain = connect({ servers: [...ledger.urls], ...user, tls: null });
    await expect(plain).rejects.toThrow(/tls/);
  });

  it('show each other certificates', async () => {
    const routes = await Promise.all(
      ledger.nodes.map(async ({ monitorUrl }) => {
        const answer = await fetch(`${monitorUrl}/varz`);
        const { cluster } = (await answer.json()) as { readonly cluster: Record<string, unknown> };
        return [cluster['tls_required'], cluster['tls_verify']];
      }),
    );
    expect(routes).toEqual([
      [true, true],
      [true, true],
      [true, true],
    ]);
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
        connect({ ...reach(ledger, [url]), user: 'account-query', pass, reconnect: false });
      // The signal only asks for the reload.
      const renewed = await poll(() => login('0e1 2k').catch(() => undefined), TIMEOUT_MS);
      expect(renewed?.isClosed()).toBe(false);
      await renewed?.close();
      await expect(login(old)).rejects.toThrow(/authorization/i);
    }
  });

  it('a new certificate counts after a reload, and cuts nobody off', async () => {
    const nc = await ledger.connectAs('operator', '_INBOX');
    let disconnects = 0;
    void (async () => {
      for await (const { type } of nc.status()) if (type === 'disconnect') disconnects += 1;
    })();
    const shown = async (url: string) => {
      let serial = '';
      const tls = {
        caFile: ledger.ca,
        checkServerIdentity: (_: string, { serialNumber }: PeerCertificate) => {
          serial = serialNumber;
        },
      };
      const user = { user: 'operator', pass: ledger.passwordOf('operator') };
      await (await connect({ servers: url, tls, ...user, timeout: LOGIN_TIMEOUT_MS })).close();
      return serial;
    };
    const [before] = await Promise.all(ledger.urls.map(shown));
    await ledger.renewCertificate();
    for (const node of ledger.nodes) {
      expect(await shown(node.url)).toBe(before);
      expect((await node.signal('reload')).code).toBe(0);
      const renewed = await poll(async () => {
        // While it reloads, nats-server 2.14.0 may refuse a login that is right, and 2.15.3 may close
        // its connection without an answer, which the client then waits for.
        const serial = await shown(node.url).catch(() => before);
        return serial === before ? undefined : serial;
      }, TIMEOUT_MS);
      expect(renewed).toMatch(/^[0-9A-F]+$/);
    }
    await nc.flush();
    expect(disconnects).toBe(0);
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
