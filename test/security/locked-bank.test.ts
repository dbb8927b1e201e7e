import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNats } from '../../dev/stack/nats.ts';
import type { NatsServer } from '../../dev/stack/nats.ts';
import { readText } from '../packaging/support/repository.ts';
import { eventually } from '../support/await.ts';
import { COMMAND_SERVICE, QUERY_SERVICE, logged } from '../support/bank.ts';
import { testAuthority } from '../support/certificates.ts';
import { bankClient, send } from '../support/http.ts';
import { jetbank } from '../support/jetbank.ts';
import type { JetbankResult } from '../support/jetbank.ts';
import { startLockedMongo } from '../support/locked-mongo.ts';
import type { LockedMongo } from '../support/locked-mongo.ts';
import { startService } from '../support/process.ts';
import type { ServiceProcess } from '../support/process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

/** What no log may hold; it would be found as it is and as part of a URL. */
const SECRET = 's3cr3t-of-the-bank';
const secretOf = (user: string) => `${SECRET}:${user}`;
const inUrl = (user: string) => encodeURIComponent(secretOf(user));

const DATABASE = 'bank';

type Env = Readonly<Record<string, string>>;

let folder: TempFolder;
let nats: NatsServer;
let mongo: LockedMongo;
let mongoUri: string;
let url: string;
let ca: string;
const services: ServiceProcess[] = [];
const outputs: JetbankResult[] = [];

/** Servers that are empty, speak TLS only and let nobody in who has no password. */
beforeAll(async () => {
  folder = await tempFolder('locked-bank');
  const authority = await testAuthority(folder.path);
  ca = authority.ca;
  const server = await authority.issue('tls', ['127.0.0.1']);
  nats = await startLockedNats(join(folder.path, 'nats'));
  url = nats.url.replace('nats:', 'tls:');
  mongo = await startLockedMongo({
    folder: folder.path,
    ca,
    certificate: server.both,
    rootPassword: 'of-the-administrator',
  });
  mongoUri = await mongo.createUser('jetbank', secretOf('jetbank'), DATABASE);
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await nats.stop();
  await mongo.stop();
  await folder.remove();
});

/** As `nats-deployment/single-node/secure.conf` has it, with other folders. */
async function startLockedNats(dataDir: string): Promise<NatsServer> {
  const packaged = (name: string) => readText(`nats-deployment/single-node/${name}`);
  await mkdir(dataDir);
  const passwords = ['sys', 'account-cmd', 'account-query', 'operator'].map(
    (user) => `${user.replace('-', '_').toUpperCase()}_PASSWORD: "${secretOf(user)}"\n`,
  );
  await writeFile(join(dataDir, 'passwords.conf'), passwords.join(''));
  await writeFile(join(dataDir, 'accounts.conf'), packaged('accounts.conf'));
  await writeFile(join(dataDir, 'nats.conf'), packaged('nats.conf').replace(/store_dir.*/, ''));
  const config = packaged('secure.conf').replaceAll('/etc/nats/', `${folder.path}/`);
  return startNats({ dataDir, config, monitorPort: 0 });
}

const natsAs = (user: string): Env => ({
  NATS_URL: url,
  NATS_TLS_CA: ca,
  NATS_USER: user,
  NATS_PASSWORD: secretOf(user),
});

async function start(entry: string, env: Env): Promise<ServiceProcess> {
  const talkative = { LOG_LEVEL: 'trace', JETBANK_PROVISION: 'false', ...env };
  const service = await startService(entry, talkative);
  services.push(service);
  return service;
}

async function operate(...args: string[]): Promise<JetbankResult> {
  const result = await jetbank({ ...natsAs('operator'), MONGO_URI: mongoUri }, ...args);
  outputs.push(result);
  return result;
}

describe('a bank on locked servers, each user with no more than it needs', () => {
  let command: ServiceProcess;
  let query: ServiceProcess;

  it('begins with jetbank streams apply', async () => {
    const { exit, stdout, stderr } = await operate('streams', 'apply');
    expect(exit, `${stdout}\n${stderr}`).toBe(0);
  });

  it('takes commands and answers queries', async () => {
    command = await start(COMMAND_SERVICE, natsAs('account-cmd'));
    query = await start(QUERY_SERVICE, { ...natsAs('account-query'), MONGO_URI: mongoUri });
    const [commands, queries] = [
      bankClient(await command.ready()),
      bankClient(await query.ready()),
    ];
    const { accountId } = (await commands.create('1000.00')).account;
    const { sequence, balance } = (await commands.deposit(accountId, '500.00')).account;
    expect(balance).toBe('1500.00');
    const visible = await queries.get(`/accounts/${accountId}?minSequence=${sequence}`);
    expect(visible.account).toMatchObject({ balance: '1500.00', version: 2 });
    expect((await queries.get('/proof')).body).toMatchObject({ agrees: true });
  });

  it('says at start that nobody can listen in, and who it is', () => {
    const tls = true;
    expect(logged(command, 'NATS is there')).toMatchObject([{ tls, user: 'account-cmd' }]);
    expect(logged(query, 'NATS is there')).toMatchObject([{ tls, user: 'account-query' }]);
    expect(logged(query, 'MongoDB is there')).toMatchObject([
      { tls, user: 'jetbank', database: DATABASE },
    ]);
  });

  it('is rebuilt and verified by the operator', async () => {
    for (const args of [['rebuild', 'accounts'], ['verify']]) {
      const { exit, stdout, stderr } = await operate('projections', ...args);
      expect(exit, `${stdout}\n${stderr}`).toBe(0);
    }
  });

  it('asks for nothing that it may not have', () => {
    for (const { stdout, stderr } of [command, query]) {
      const refused = /permission|unauthorized|not authorized/i;
      expect([...stdout, ...stderr].filter((line) => refused.test(line))).toEqual([]);
    }
  });

  it('has a user of MongoDB that sees its own database only', async () => {
    const client = new MongoClient(mongoUri);
    try {
      await expect(client.db('other').collection('c').insertOne({})).rejects.toThrow(/not auth/);
      await expect(client.db(DATABASE).command({ dropUser: 'jetbank' })).rejects.toThrow(
        /not auth/,
      );
    } finally {
      await client.close();
    }
  });
});

describe('whoever is kept out is told what to change', () => {
  /** The reasons that a service gives, once it has given one. */
  async function reasons(service: ServiceProcess, message: string): Promise<string> {
    const entries = await eventually(() => {
      const found = logged(service, message);
      return found.length > 0 && found;
    });
    return String(entries[0]?.['reason']);
  }

  it.each([
    ['MONGO_URI', /check its user, password and authSource/, () => `jetbank:${inUrl('other')}@`],
    ['MONGO_URI', /add a user and a password to it/, () => ''],
  ])('by %s: %o', async (_, advice, login) => {
    const uri = `mongodb://${login()}127.0.0.1:${mongo.port}/bank?tls=true&tlsCAFile=${ca}`;
    const credentials = { NATS_URL: url.replace('//', `//account-query:${inUrl('wrong')}@`) };
    const env = { ...credentials, NATS_TLS_CA: ca, MONGO_URI: uri };
    const query = await start(QUERY_SERVICE, env);
    expect(await reasons(query, 'MongoDB cannot be reached')).toMatch(advice);
    expect(await reasons(query, 'NATS cannot be reached')).toMatch(/check NATS_USER/);
  });

  it('by jetbank', async () => {
    const env = { ...natsAs('operator'), NATS_PASSWORD: secretOf('wrong') };
    const result = await jetbank(env, 'streams', 'apply');
    outputs.push(result);
    expect(result.exit).not.toBe(0);
    expect(result.stderr).toMatch(/Authorization Violation: check NATS_USER/);
  });
});

it('no secret is in any log, or in what the services answer about themselves', async () => {
  const answers = await Promise.all(
    services.map(async (service) => {
      const base = await service.listening();
      const texts = ['/readyz', '/metrics'].map(async (path) => (await send(base + path)).text);
      return Promise.all(texts);
    }),
  );
  const lines = [...services, ...outputs].flatMap(({ stdout, stderr }) => [stdout, stderr].flat());
  // There are lines, or this would prove nothing.
  expect(lines.join('\n')).toContain('account-query');
  expect([...lines, ...answers.flat()].filter((text) => text.includes(SECRET))).toEqual([]);
});
