import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findOnPath } from '../../dev/binaries/on-path.ts';
import { COMMAND_SERVICE, QUERY_SERVICE } from '../support/bank.ts';
import { bankClient } from '../support/http.ts';
import { startService } from '../support/process.ts';
import type { ServiceProcess } from '../support/process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';
import {
  onThisMachine,
  runMongosh,
  startComposeMongo,
  startComposeNats,
} from './support/compose-servers.ts';
import type { ComposeServers } from './support/compose-servers.ts';
import { profileOf } from './support/compose.ts';
import { inRepository, readText } from './support/repository.ts';
import { run } from './support/run.ts';

describe('the profile "cluster", as processes of this machine', () => {
  let folder: TempFolder;
  let nats: ComposeServers;
  let mongo: ComposeServers;
  const services: ServiceProcess[] = [];

  beforeAll(async () => {
    folder = await tempFolder('compose');
    [nats, mongo] = await Promise.all([
      startComposeNats(folder.path),
      startComposeMongo(folder.path),
    ]);
  }, 60_000);

  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await Promise.all([nats.stop(), mongo.stop()]);
    await folder.remove();
  }, 60_000);

  /** With the settings of docker-compose.yml. */
  async function start(name: string, entry: string): Promise<string> {
    const settings = Object.entries(profileOf('cluster')[name]?.environment ?? {});
    const env = settings
      .filter(([, value]) => !value.startsWith('$'))
      .map(([key, value]) => [key, onThisMachine(onThisMachine(value, nats), mongo)]);
    const service = await startService(entry, {
      ...(Object.fromEntries(env) as Record<string, string>),
      DRAIN_SECONDS: '0',
    });
    services.push(service);
    return service.ready();
  }

  it('makes the replica set of MongoDB once, and finds it made after that', async () => {
    const script = onThisMachine(readText('deploy/compose/mongo-replica-set.mongosh'), mongo);
    const first = mongo.addresses.get('mongo-1:27017') ?? '';
    const printed = await runMongosh(script, first);
    expect(printed).toHaveLength(1);
    expect(printed[0]).toMatch(/^primary: 127\.0\.0\.1:\d+$/);
    expect(await runMongosh(script, first)).toEqual(printed);
  });

  it('takes commands and answers queries, with three copies of the log', async () => {
    const [commands, queries] = (
      await Promise.all([
        start('cluster-account-cmd', COMMAND_SERVICE),
        start('cluster-account-query', QUERY_SERVICE),
      ])
    ).map(bankClient);
    const { accountId, sequence } = (await commands!.create('12.50')).account;
    const answer = await queries!.get(`/accounts/${accountId}?minSequence=${sequence}`);
    expect(answer.account).toMatchObject({ balance: '12.50', version: 1 });

    const nc = await connect({ servers: [...nats.addresses.values()] });
    const jsm = await jetstreamManager(nc);
    const { config, cluster } = await jsm.streams.info('ACCOUNTS');
    expect(config.num_replicas).toBe(3);
    const names = [cluster?.leader, ...(cluster?.replicas ?? []).map(({ name }) => name)];
    expect(names.toSorted()).toEqual(['nats-1', 'nats-2', 'nats-3']);
    await nc.close();
  }, 30_000);
});

const haproxy = await findOnPath(
  { name: 'haproxy', versionArgs: ['-v'], wanted: 'any', accepts: () => true },
  process.env,
);

describe('the load balancer', () => {
  const config = readText('deploy/compose/haproxy.cfg');

  it('has the ports and the services of docker-compose.yml', () => {
    const cluster = profileOf('cluster');
    const servers = [...config.matchAll(/server-template \S+ \d+ (\S+):(\d+)/g)];
    expect(servers.map(([, name = '']) => name).every((name) => name in cluster)).toBe(true);
    const bound = [...config.matchAll(/bind :(\d+)/g)].map(([, port]) => port);
    expect(servers.map(([, , port]) => port)).toEqual(bound);
    expect(cluster['gateway']?.ports?.map((port) => port.split(':').at(-1))).toEqual(bound);
  });

  it.skipIf(!haproxy.found)(
    haproxy.found
      ? 'has a sound configuration'
      : `has a sound configuration (skipped: ${haproxy.why})`,
    async () => {
      if (!haproxy.found) return;
      const file = inRepository('deploy', 'compose', 'haproxy.cfg');
      const { code, stderr } = await run(haproxy.path, ['-c', '-f', file]);
      expect(stderr).not.toMatch(/WARNING|ALERT/);
      expect(code).toBe(0);
    },
  );
});
