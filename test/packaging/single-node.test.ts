import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/await.ts';
import { COMMAND_SERVICE, logged } from '../support/bank.ts';
import { bankClient } from '../support/http.ts';
import { startTestNats } from '../support/nats.ts';
import type { TestNats } from '../support/nats.ts';
import { startService } from '../support/process.ts';
import type { ServiceProcess } from '../support/process.ts';
import { readText } from './support/repository.ts';

let nats: TestNats;
let service: ServiceProcess;

beforeAll(async () => {
  const config = readText('nats-deployment/single-node/nats.conf');
  const withoutFolder = config.replace('store_dir: /data', '');
  expect(withoutFolder).not.toBe(config);
  nats = await startTestNats({ config: withoutFolder, monitorPort: 0 });
  service = await startService(COMMAND_SERVICE, { NATS_URL: nats.url });
});
afterAll(async () => {
  await service.stop();
  await nats.remove();
});

it('the server of a single node syncs before it acknowledges', async () => {
  const answer = await fetch(`${nats.monitorUrl}/varz`);
  const { server_name: name, jetstream } = (await answer.json()) as {
    readonly server_name: string;
    readonly jetstream: { readonly config: { readonly sync_always?: boolean } };
  };
  expect(name).toBe('jetbank');
  expect(jetstream.config.sync_always).toBe(true);
});

it('the command service makes its streams there, and commands work', async () => {
  const commands = bankClient(await service.ready());
  const { accountId } = (await commands.create('10.00')).account;
  const deposits = Array.from({ length: 20 }, () => commands.deposit(accountId, '1.00'));
  for (const { status, text } of await Promise.all(deposits)) expect(status, text).toBe(200);
  const { account } = await commands.withdraw(accountId, '30.00');
  expect(account).toMatchObject({ balance: '0.00', version: 22 });
});

it('it says at start what an acknowledgement means, and no more than it knows', async () => {
  const entries = await eventually(() => {
    const found = logged(service, 'an ack means');
    return found.length === 3 && found;
  });
  expect(entries).toMatchObject([
    { stream: 'ACCOUNTS', storage: 'file', replicas: 1, created: true },
    { stream: 'KV_ACCOUNT_SNAPSHOTS', storage: 'file', replicas: 1, created: true },
    { stream: 'ACCOUNT_TIMERS', storage: 'file', replicas: 1, created: true },
  ]);
  for (const { msg } of entries) {
    expect(msg).toMatch(/written by the one server.* a power loss only with sync_interval: always/);
  }
});
